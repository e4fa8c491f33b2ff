/* SPDX-License-Identifier: GPL-2.0-only */
/* Pools of vdports, as the module tells of them. */
#ifndef DNAT_KMOD_POOL_H
#define DNAT_KMOD_POOL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "module/kmod.h"
#include "net/netlink.h"

/* The vdports from a VIP to a backend; see DNAT_CMD_POOL_GET. */
struct kmod_pool {
	struct addr vip;
	struct addr backend;
	uint16_t port;		/* of the backend, host byte order */
	uint8_t proto;		/* IPPROTO_TCP or IPPROTO_UDP */
	uint64_t in_use;
	uint64_t half_open;	/* of those in use */
	uint64_t closed;	/* of those in use */
	uint64_t capacity;
	uint64_t taken_back;
	uint64_t failures;
};

/* Return: false where @nlh tells of no pool */
bool kmod_pool_read(const struct nlmsghdr *nlh, struct kmod_pool *pool);

/* nl_fn (netlink.h): append the pool that @nlh tells of to the array @pools. */
int kmod_parse_pool(const struct nlmsghdr *nlh, void *pools);

/* nl_fn (netlink.h): add what the pool that @nlh tells of has to the lefts. */
int left_parse_pool(const struct nlmsghdr *nlh, void *lefts);

/**
 * kmod_pools_ask - ask for all pools on a socket of one's own
 * @nl: result, for nl_receive() and nl_close(); closed where this fails
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_pools_ask(const struct kmod *kmod, struct nl *nl, struct err *err);

#endif
