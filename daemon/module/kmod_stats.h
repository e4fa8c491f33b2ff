/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's counters. */
#ifndef DNAT_KMOD_STATS_H
#define DNAT_KMOD_STATS_H

#include <jansson.h>

#include "base/task.h"
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
 * kmod_counters_more - do the next step of reading counters
 * @only: the only service to request, NULL for all
 * @nl, @err: as for kmod_more()
 * @counters: result, complete when TASK_DONE is returned
 *
 * Return: as kmod_more()
 */
int kmod_counters_more(const struct kmod *kmod, const struct service *only,
		       struct nl *nl, struct counters *counters,
		       struct err *err);

/* nl_fn (netlink.h): add the counter in @nlh to struct counters @counters. */
int kmod_parse_counter(const struct nlmsghdr *nlh, void *counters);

#endif
