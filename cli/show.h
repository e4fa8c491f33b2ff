/* SPDX-License-Identifier: GPL-2.0-only */
/* Print dnatd's results as text; control.h describes them. */
#ifndef DNATCTL_SHOW_H
#define DNATCTL_SHOW_H

#include <jansson.h>

#include "cli/columns.h"
#include "common/err.h"

/**
 * show_fn - print a result
 * @page: the output; the caller checks it for write errors
 * @result: from dnatd, not validated
 * @err: the message on failure
 *
 * Return: 0, -EPROTO if the result is not as expected, or -ENOMEM
 */
typedef int show_fn(struct page *page, const json_t *result, struct err *err);

show_fn show_stats;
show_fn show_status;

struct view {
	const char *op;		/* see control.h */
	const struct column *columns;	/* NULL: use @show */
	show_fn *show;
	const struct column *rates;	/* for rates_of() of a list, or NULL */
};

/* How to print the result of @op; NULL for changes, which have none. */
const struct view *view_find(const char *op);

#endif
