/* SPDX-License-Identifier: GPL-2.0-only */
/* How many connections backends have left: those that are not closed. */
#ifndef DNAT_LEFT_H
#define DNAT_LEFT_H

#include <stddef.h>
#include <stdint.h>

#include "conn/conn.h"

struct left {
	struct conn_filter filter;	/* of conn_filter_of() */
	uint64_t n;
};

struct lefts {
	size_t n;
	struct left *list;	/* sorted */
};

/* All backends of @model that drain, none with a connection.  Return: 0 or -ENOMEM */
int lefts_init(struct lefts *lefts, const struct model *model);
void lefts_clean(struct lefts *lefts);

/* Return: NULL where the backend was not among them */
const struct left *lefts_find(const struct lefts *lefts,
			      const struct service *service,
			      const struct backend *backend);

/* Count a connection; a closed one, and one to another backend, do not count. */
void lefts_add(struct lefts *lefts, const struct conn *conn);

/**
 * lefts_add_pool - count connections that the module counts by VIP and protocol
 * @pool: whose; without the VIP's port
 * @n: how many
 *
 * Two services that share VIP, protocol and backend have each the sum.
 */
void lefts_add_pool(struct lefts *lefts, const struct conn_filter *pool,
		    uint64_t n);

#endif
