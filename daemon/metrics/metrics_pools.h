/* SPDX-License-Identifier: GPL-2.0-only */
/* Metrics of the module's pools, and of all connections in them. */
#ifndef DNAT_METRICS_POOLS_H
#define DNAT_METRICS_POOLS_H

#include <linux/netlink.h>

#include "metrics/metrics_text.h"

struct pools_samples {
	struct samples *samples;
	uint64_t open, half_open, closed;	/* connections of all pools */
};

/* An nl_fn (netlink.h): @data is a struct pools_samples. */
int metrics_add_pool(const struct nlmsghdr *nlh, void *data);

/* Drop the samples of all pools, if the dump is incomplete. */
void metrics_drop_pools(struct pools_samples *pools);

/* Add the sums over all pools, after the last one.  Return: 0 or -ENOMEM */
int metrics_end_pools(struct pools_samples *pools);

#endif
