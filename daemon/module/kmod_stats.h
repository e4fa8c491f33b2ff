/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's counters. */
#ifndef DNAT_KMOD_STATS_H
#define DNAT_KMOD_STATS_H

#include <jansson.h>

#include "common/err.h"
#include "module/counters.h"
#include "net/netlink.h"

struct kmod;

/* The totals as stats gives them (control.h).  Return: 0 or a negative errno */
int kmod_stats(struct kmod *kmod, json_t **stats, struct err *err);

/* nl_fn (netlink.h): put what @nlh tells into the object @stats. */
int kmod_parse_stats(const struct nlmsghdr *nlh, void *stats);

/**
 * kmod_counters_ask - ask what is counted for each service and backend, on a
 *	socket of one's own
 * @only: for this service alone, NULL for all
 * @nl: result, for nl_receive() with kmod_parse_counter(), and nl_close();
 *	closed where this fails
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_counters_ask(const struct kmod *kmod, const struct service *only,
		      struct nl *nl, struct err *err);

/* nl_fn (netlink.h): add the one that @nlh tells of to @counters. */
int kmod_parse_counter(const struct nlmsghdr *nlh, void *counters);

#endif
