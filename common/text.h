/* SPDX-License-Identifier: GPL-2.0-only */
/* A growing text buffer, for answers. */
#ifndef DNAT_TEXT_H
#define DNAT_TEXT_H

#include <stddef.h>

struct text {
	char *buf;		/* the owner frees it; not NUL-terminated */
	size_t len;		/* bytes used */
	size_t size;		/* bytes allocated */
};

/* Make room for @len more bytes.  Return: where they go; NULL: no memory */
char *text_room(struct text *text, size_t len);

/* Append @len bytes of @more.  Return: 0 or -ENOMEM */
int text_add(struct text *text, const char *more, size_t len);

/**
 * text_row - make room for the next row of a JSON array
 * @text: ends with the previous row, or with the bracket that opens the array
 * @len: maximum length of the row in bytes
 *
 * Adds the comma if it is needed.  The caller writes the row and adds its
 * length to text->len.
 *
 * Return: where the row goes; NULL: no memory
 */
char *text_row(struct text *text, size_t len);

#endif
