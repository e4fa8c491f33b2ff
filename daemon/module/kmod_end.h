/* SPDX-License-Identifier: GPL-2.0-only */
/* End connections through the module. */
#ifndef DNAT_KMOD_END_H
#define DNAT_KMOD_END_H

#include "base/task.h"
#include "conn/conn.h"
#include "module/kmod.h"

/**
 * kmod_end - have the module end connections
 * @filter: which connections; copied; the module ignores its state
 * @ended: raised by the number of connections that each step ends
 *
 * The module sends a reset to both ends of each TCP connection that is not
 * closed, unless @filter asks for unanswered connections only.
 *
 * Return: the task that does it; NULL: no memory
 */
struct task *kmod_end(const struct kmod *kmod, const struct conn_filter *filter,
		      uint64_t *ended);

/* nl_fn (netlink.h): add the connections ended by @nlh to uint64_t @ended. */
int kmod_parse_ended(const struct nlmsghdr *nlh, void *ended);

#endif
