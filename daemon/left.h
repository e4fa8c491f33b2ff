/* SPDX-License-Identifier: GPL-2.0-only */
/* How many connections backends have left: those that are not closed. */
#ifndef DNAT_LEFT_H
#define DNAT_LEFT_H

#include <stddef.h>
#include <stdint.h>

#include "conn.h"
#include "err.h"

struct dnatd;
struct nlmsghdr;

struct left {
	struct conn_filter filter;	/* of conn_filter_of() */
	uint64_t n;
};

struct lefts {
	size_t n;
	struct left *list;
};

/**
 * lefts_count - count the connections of some backends
 * @lefts: of those; their numbers are set
 *
 * All that there is is gone through once.  The module counts by VIP and
 * protocol: two services that share these and a backend have each the sum.
 *
 * Return: 0 or a negative errno with @err set
 */
int lefts_count(struct dnatd *dnatd, struct lefts *lefts, struct err *err);

/* nl_fn (netlink.h): add what the pool that @nlh tells of has to the lefts. */
int left_parse_pool(const struct nlmsghdr *nlh, void *lefts);

#endif
