/* SPDX-License-Identifier: GPL-2.0-only */
/* Text that grows, for answers. */
#ifndef DNAT_TEXT_H
#define DNAT_TEXT_H

#include <stddef.h>

struct text {
	char *buf;		/* for the holder to free; no NUL at its end */
	size_t len;
	size_t size;		/* of @buf */
};

/* Room for @len bytes behind what is there, NULL where memory is short. */
char *text_room(struct text *text, size_t len);

/* Return: 0 or -ENOMEM */
int text_add(struct text *text, const char *more, size_t len);

/**
 * text_row - room for the next row of a JSON array
 * @text: ends with the row before, or with the bracket that opens the array
 * @len: bytes that the row may have
 *
 * Return: where the row goes, behind its comma; the caller adds its length to
 *	@text.  NULL where memory is short
 */
char *text_row(struct text *text, size_t len);

#endif
