/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's results as text; their shape is in control.h. */
#ifndef DNATCTL_SHOW_H
#define DNATCTL_SHOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "err.h"

#define PAGE_COLUMNS_MAX 16

/* What is printed to, part after part of a result. */
struct page {
	FILE *out;
	bool begun;			/* the header is there */
	int widths[PAGE_COLUMNS_MAX];	/* of its columns, so far */
};

/**
 * show_fn - print a result, or a part of one
 * @page: where to; whether it could be written is for the caller to check
 * @result: as the daemon gave it, of any shape
 * @err: the sentence on failure
 *
 * Return: 0, -EPROTO where the result has another shape, or -ENOMEM
 */
typedef int show_fn(struct page *page, const json_t *result, struct err *err);

show_fn show_services;
show_fn show_backends;
show_fn show_pools;
show_fn show_ports;
show_fn show_connections;
show_fn show_status;

#endif
