/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's counters. */
#ifndef DNAT_KMOD_STATS_H
#define DNAT_KMOD_STATS_H

#include <jansson.h>

#include "err.h"

struct kmod;
struct nlmsghdr;

/* The counters as stats gives them (control.h).  Return: 0 or a negative errno */
int kmod_stats(struct kmod *kmod, json_t **stats, struct err *err);

/* nl_fn (netlink.h): put what @nlh tells into the object @stats. */
int kmod_parse_stats(const struct nlmsghdr *nlh, void *stats);

#endif
