/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's results as text; their shape is in control.h. */
#ifndef DNATCTL_SHOW_H
#define DNATCTL_SHOW_H

#include <jansson.h>

#include "columns.h"
#include "err.h"

/* What is shown of a result that is a list. */
extern const struct column service_columns[];
extern const struct column backend_columns[];
extern const struct column pool_columns[];
extern const struct column port_columns[];
extern const struct column connection_columns[];

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

#endif
