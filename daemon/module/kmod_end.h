/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections that the module ends. */
#ifndef DNAT_KMOD_END_H
#define DNAT_KMOD_END_H

#include "conn/conn.h"
#include "conn/end_walk.h"
#include "module/kmod.h"

/**
 * kmod_end - have the module end connections, and send resets
 * @filter: which; for the kernel to look at
 * @ending: result, for conns_end() and conns_end_parts() to go on with
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_end(const struct kmod *kmod, const struct conn_filter *filter,
	     struct end_walk **ending, struct err *err);

/* nl_fn (netlink.h): add what @nlh says was ended to the uint64_t @ended. */
int kmod_parse_ended(const struct nlmsghdr *nlh, void *ended);

#endif
