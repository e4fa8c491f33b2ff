/* SPDX-License-Identifier: GPL-2.0-only */
/* Print lists as aligned columns. */
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
	const char *port_key;	/* of the port, if @key is an address */
	bool right;		/* align to the right */
};

/* The state of the output between the parts of a result. */
struct page {
	FILE *out;
	bool begun;			/* the header is printed */
	size_t widths[PAGE_COLUMNS_MAX];	/* widest cells until now */
};

/**
 * columns_print - print one line per object, and first a header once
 * @page: the output; the caller checks it for write errors
 * @list: must be an array of objects
 * @columns: from left to right; the last one has the title NULL.  The lines of
 *	this call are sorted by the columns in this order.  A column never gets
 *	narrower than in earlier calls
 * @err: the message on failure
 *
 * Return: 0, -EPROTO if the result is something else, or -ENOMEM
 */
int columns_print(struct page *page, const json_t *list,
		  const struct column *columns, struct err *err);

/**
 * value_text - convert a value to text that is safe to print on a terminal
 * @value: null and NULL become "-", an array becomes its number of elements
 *
 * Return: the caller's to free, NULL when out of memory
 */
char *value_text(const json_t *value);

#endif
