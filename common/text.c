// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

char *text_room(struct text *text, size_t len)
{
	size_t size = text->size ? text->size : 1024;
	char *bigger;

	while (size - text->len < len)
		size *= 2;
	if (size != text->size) {
		bigger = realloc(text->buf, size);
		if (!bigger)
			return NULL;
		text->buf = bigger;
		text->size = size;
	}
	return text->buf + text->len;
}

int text_add(struct text *text, const char *more, size_t len)
{
	char *at = text_room(text, len);

	if (!at)
		return -ENOMEM;
	memcpy(at, more, len);
	text->len += len;
	return 0;
}

char *text_row(struct text *text, size_t len)
{
	char *at = text_room(text, len + 1);

	if (at && text->len && at[-1] != '[') {
		*at++ = ',';
		text->len++;
	}
	return at;
}
