/* SPDX-License-Identifier: GPL-2.0-only */
/* End connections through the module. */
#ifndef DNAT_KMOD_END_H
#define DNAT_KMOD_END_H

#include "conn/conn.h"
#include "conn/end_walk.h"
#include "module/kmod.h"

/**
 * kmod_end - have the module end connections
 * @filter: which connections; the module ignores its state
 * @ending: result, for conns_end() or conns_end_parts()
 *
 * The module sends a reset to both ends of each TCP connection that is not
 * closed, unless @filter asks for unanswered connections only.
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_end(const struct kmod *kmod, const struct conn_filter *filter,
	     struct end_walk **ending, struct err *err);

/* nl_fn (netlink.h): add the connections ended by @nlh to uint64_t @ended. */
int kmod_parse_ended(const struct nlmsghdr *nlh, void *ended);

#endif
