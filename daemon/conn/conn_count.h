/* SPDX-License-Identifier: GPL-2.0-only */
/* How many connections backends have left: those that are not closed. */
#ifndef DNAT_CONN_COUNT_H
#define DNAT_CONN_COUNT_H

#include <stddef.h>
#include <stdint.h>

#include "conn/conn.h"

struct conn_count {
	struct conn_filter filter;	/* of conn_filter_of() */
	uint64_t n;
};

struct conn_counts {
	size_t n;
	struct conn_count *list;	/* sorted */
};

/*
 * All backends of @model that drain, none with a connection.
 *
 * Return: 0 or -ENOMEM
 */
int conn_counts_init(struct conn_counts *lefts, const struct model *model);
void conn_counts_clean(struct conn_counts *lefts);

/* Return: NULL where the backend was not among them */
const struct conn_count *conn_counts_find(const struct conn_counts *lefts,
					  const struct service *service,
					  const struct backend *backend);

/* Count a connection, but for a closed one and one to another backend. */
void conn_counts_add(struct conn_counts *lefts, const struct conn *conn);

/**
 * conn_counts_add_pool - count connections that the module counts by VIP and protocol
 * @pool: whose; without the VIP's port
 * @n: how many
 *
 * Two services that share VIP, protocol and backend have each the sum.
 */
void conn_counts_add_pool(struct conn_counts *lefts,
			  const struct conn_filter *pool, uint64_t n);

#endif
