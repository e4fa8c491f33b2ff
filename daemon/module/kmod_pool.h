/* SPDX-License-Identifier: GPL-2.0-only */
/* Pools of vdports, as the module reports them. */
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
	uint64_t half_open;	/* part of @in_use */
	uint64_t closed;	/* part of @in_use */
	uint64_t capacity;
	uint64_t taken_back;
	uint64_t failures;	/* connections refused, no vdport free */
};

/* Return: false if @nlh contains no valid pool */
bool kmod_pool_read(const struct nlmsghdr *nlh, struct kmod_pool *pool);

/* nl_fn (netlink.h): append the pool in @nlh to the JSON array @pools. */
int kmod_parse_pool(const struct nlmsghdr *nlh, void *pools);

/* nl_fn (netlink.h): add the pool's connections to the conn_counts @counts. */
int conn_counts_parse_pool(const struct nlmsghdr *nlh, void *counts);

/* Do the next step of reading all pools, as kmod_more(). */
int kmod_pools_more(const struct kmod *kmod, struct nl *nl, nl_fn fn,
		    void *data, struct err *err);

#endif
