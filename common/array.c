// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"

int array_room(void *list, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 16;
	void *old, *grown;

	if (n < *room)
		return 0;
	/* @list is a T ** of any T: reading it as a void ** breaks aliasing. */
	memcpy(&old, list, sizeof(old));
	grown = reallocarray(old, more, size);
	if (!grown)
		return -ENOMEM;
	memcpy(list, &grown, sizeof(grown));
	*room = more;
	/* cppcheck-suppress memleak */
	return 0;
}

size_t array_first(const void *list, size_t n, size_t size, const void *key,
		   int (*compare)(const void *key, const void *item))
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(key, (const char *)list + middle * size) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
