/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON objects as lines of aligned columns. */
#ifndef DNATCTL_COLUMNS_H
#define DNATCTL_COLUMNS_H

#include <jansson.h>
#include <stdbool.h>

#include "err.h"
#include "show.h"

struct column {
	const char *title;
	const char *key;
	const char *port_key;	/* NULL, or @key is an address and this its port */
	bool right;
};

/**
 * columns_print - print a header, if there is none yet, and one line an object
 * @page: where to
 * @rows: must be an array of objects
 * @columns: what of them, from left to right, up to one whose title is NULL;
 *	the lines are sorted by them in that order, those of this call.
 *	No column is narrower than on the page so far
 * @err: the sentence on failure
 *
 * Return: 0, -EPROTO where @rows is something else, or -ENOMEM
 */
int columns_print(struct page *page, const json_t *rows,
		  const struct column *columns, struct err *err);

/**
 * value_text - one value as text that a terminal can take
 *
 * null, and no value at all, is "-"; an array is the number of its elements.
 *
 * Return: text for the caller to free, NULL without memory
 */
char *value_text(const json_t *value);

int answer_strange(struct err *err);

#endif
