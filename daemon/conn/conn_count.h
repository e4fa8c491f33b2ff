/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Count the connections that draining backends still have, except closed ones.
 */
#ifndef DNAT_CONN_COUNT_H
#define DNAT_CONN_COUNT_H

#include <stddef.h>
#include <stdint.h>

#include "conn/conn.h"

struct conn_count {
	struct conn_filter filter;	/* from conn_filter_of() */
	uint64_t n;
};

struct conn_counts {
	size_t n;
	struct conn_count *list;	/* sorted */
};

/*
 * Begin with a count of 0 for each backend of @model that takes no new
 * connections.
 *
 * Return: 0 or -ENOMEM
 */
int conn_counts_init(struct conn_counts *counts, const struct model *model);
void conn_counts_clean(struct conn_counts *counts);

/* Return: the count of @backend; NULL: it is not counted */
const struct conn_count *conn_counts_find(const struct conn_counts *counts,
					  const struct service *service,
					  const struct backend *backend);

/* Count @conn, unless it is closed or its backend is not counted. */
void conn_counts_add(struct conn_counts *counts, const struct conn *conn);

/**
 * conn_counts_add_pool - add the number of connections of a pool of vdports
 * @pool: protocol, VIP and backend; without the VIP's port
 * @n: number of connections
 *
 * The module has one pool for all services with the same VIP, protocol and
 * backend.  Each of these services gets the whole number.
 */
void conn_counts_add_pool(struct conn_counts *counts,
			  const struct conn_filter *pool, uint64_t n);

#endif
