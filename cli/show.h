/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's results as text; their shape is in control.h. */
#ifndef DNATCTL_SHOW_H
#define DNATCTL_SHOW_H

#include <jansson.h>

#include "cli/columns.h"
#include "common/err.h"

/* What is shown of a result that is a list. */
extern const struct column service_columns[];
extern const struct column backend_columns[];
extern const struct column pool_columns[];
extern const struct column port_columns[];
extern const struct column connection_columns[];
extern const struct column ended_columns[];

/**
 * show_fn - print a result
 * @page: where to; whether it could be written is for the caller to check
 * @result: as the daemon gave it, of any shape
 * @err: the sentence on failure
 *
 * Return: 0, -EPROTO where the result has another shape, or -ENOMEM
 */
typedef int show_fn(struct page *page, const json_t *result, struct err *err);

show_fn show_stats;
show_fn show_status;

struct view {
	const char *op;		/* whose result it is, see control.h */
	const struct column *columns;	/* NULL: see @show */
	show_fn *show;
	const struct column *rates;	/* of rates_of() it, where it is a list */
};

/* How the result of @op is shown; NULL: a change, there is nothing to show. */
const struct view *view_find(const char *op);

#endif
