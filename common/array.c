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
	/* A pointer of any type, and no "void *" to the compiler. */
	memcpy(&old, list, sizeof(old));
	grown = reallocarray(old, more, size);
	if (!grown)
		return -ENOMEM;
	memcpy(list, &grown, sizeof(grown));
	*room = more;
	/* cppcheck-suppress memleak */
	return 0;
}
