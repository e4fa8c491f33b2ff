/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watch for changes by other programs and repair them.  The kernel notifies
 * dnatd of changes to nf_tables, addresses and interfaces, and when the module
 * is loaded or unloaded.  A moment after such a change dnatd compares the
 * rules, the VIPs or the module with its model and repairs what differs.
 */
#ifndef DNAT_KERNEL_WATCH_H
#define DNAT_KERNEL_WATCH_H

#include <event2/event.h>

#include "common/err.h"
#include "engine/dnatd.h"

struct watch;

/**
 * kernel_watch_new - begin to watch, and check the addresses once
 * @base: event loop
 * @dnatd: with model, nft and kmod set
 *
 * Read the rules after this call.  Changes that happen in between are then
 * noticed.
 *
 * Return: freed with kernel_watch_free(); NULL with @err set on error
 */
struct watch *kernel_watch_new(struct event_base *base, struct dnatd *dnatd,
			       struct err *err);
void kernel_watch_free(struct watch *watch);

#endif
