/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists as lines of aligned columns. */
#ifndef DNATCTL_COLUMNS_H
#define DNATCTL_COLUMNS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "cli/client.h"
#include "common/err.h"

#define PAGE_COLUMNS_MAX 16

struct column {
	const char *title;
	const char *key;
	const char *port_key;	/* NULL, or @key is an address and this its port */
	bool right;
};

/* What is printed to, part after part of a result. */
struct page {
	FILE *out;
	bool begun;			/* the header is there */
	size_t widths[PAGE_COLUMNS_MAX];	/* of its columns, so far */
};

/**
 * columns_print - print a header, if there is none yet, and one line an object
 * @page: where to; whether it could be written is for the caller to check
 * @answer: its result must be an array of objects
 * @columns: what of them, from left to right, up to one whose title is NULL;
 *	the lines are sorted by them in that order, those of this call.
 *	No column is narrower than on the page so far
 * @err: the sentence on failure
 *
 * Return: 0, -EPROTO where it is something else, or -ENOMEM
 */
int columns_print(struct page *page, const struct answer *answer,
		  const struct column *columns, struct err *err);

/**
 * value_text - one value as text that a terminal can take
 *
 * null, and no value at all, is "-"; an array is the number of its elements.
 *
 * Return: text for the caller to free, NULL without memory
 */
char *value_text(const json_t *value);

#endif
