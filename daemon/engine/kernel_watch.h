/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Staying right: the kernel tells of changes to nf_tables, to addresses and
 * interfaces, and of the module coming and going.  What of that was not our
 * doing has the rules, the VIPs or the module looked at and put right a moment
 * later.
 */
#ifndef DNAT_KERNEL_WATCH_H
#define DNAT_KERNEL_WATCH_H

#include <event2/event.h>

#include "common/err.h"
#include "engine/dnatd.h"

struct watch;

/**
 * kernel_watch_new - begin, and look at the addresses once
 * @base: event loop
 * @dnatd: with its model, nft and kmod
 *
 * What changes from here on is heard: the rules are to be read after this, so
 * that nothing falls in between.
 *
 * Return: NULL with @err set
 */
struct watch *kernel_watch_new(struct event_base *base, struct dnatd *dnatd,
			       struct err *err);
void kernel_watch_free(struct watch *watch);

#endif
