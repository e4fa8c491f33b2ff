/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's counters. */
#ifndef DNAT_KMOD_STATS_H
#define DNAT_KMOD_STATS_H

#include <jansson.h>

#include "common/err.h"
#include "module/counters.h"
#include "net/netlink.h"

struct kmod;

/*
 * Read the totals, as in the answer to stats (control.h).
 * @stats: result, a new reference.  Return: 0 or a negative errno
 */
int kmod_stats(struct kmod *kmod, json_t **stats, struct err *err);

/* nl_fn (netlink.h): put the totals in @nlh into the JSON object @stats. */
int kmod_parse_stats(const struct nlmsghdr *nlh, void *stats);

/**
 * kmod_counters_ask - open a socket and request the counters on it
 * @only: the only service to request, NULL for all
 * @nl: result, read it with nl_receive() and kmod_parse_counter(), close it
 *	with nl_close(); closed on error
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_counters_ask(const struct kmod *kmod, const struct service *only,
		      struct nl *nl, struct err *err);

/* nl_fn (netlink.h): add the counter in @nlh to struct counters @counters. */
int kmod_parse_counter(const struct nlmsghdr *nlh, void *counters);

#endif
