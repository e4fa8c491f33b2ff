// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>

#include "conn/conn_count.h"
#include "module/kmod_msg.h"
#include "module/kmod_pool.h"

bool kmod_pool_read(const struct nlmsghdr *nlh, struct kmod_pool *pool)
{
	struct attrs attrs;

	attrs_parse(nlh, &attrs);
	pool->proto = (uint8_t)attrs_number(&attrs, DNAT_A_L4PROTO);
	if (!attrs_addr(&attrs, DNAT_A_VIP, &pool->vip) ||
	    !attrs_addr(&attrs, DNAT_A_BACKEND, &pool->backend) ||
	    (pool->proto != IPPROTO_TCP && pool->proto != IPPROTO_UDP))
		return false;
	pool->port = attrs_port(&attrs, DNAT_A_BACKEND_PORT);
	pool->in_use = attrs_number(&attrs, DNAT_A_IN_USE);
	pool->half_open = attrs_number(&attrs, DNAT_A_HALF_OPEN);
	pool->closed = attrs_number(&attrs, DNAT_A_CLOSED);
	pool->capacity = attrs_number(&attrs, DNAT_A_CAPACITY);
	pool->taken_back = attrs_number(&attrs, DNAT_A_RECLAIMED);
	pool->failures = attrs_number(&attrs, DNAT_A_FAILED);
	return true;
}

int kmod_parse_pool(const struct nlmsghdr *nlh, void *pools)
{
	char vip[INET6_ADDRSTRLEN], backend[INET6_ADDRSTRLEN];
	struct kmod_pool pool;
	json_t *row;

	if (!kmod_pool_read(nlh, &pool))
		return 0;
	row = json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I}",
			"vip", addr_text(&pool.vip, vip, sizeof(vip)), "proto",
			proto_text(pool.proto), "backend",
			addr_text(&pool.backend, backend, sizeof(backend)),
			"port", pool.port, "in_use", (json_int_t)pool.in_use,
			"half_open", (json_int_t)pool.half_open, "closed",
			(json_int_t)pool.closed, "capacity",
			(json_int_t)pool.capacity, "taken_back",
			(json_int_t)pool.taken_back, "failures",
			(json_int_t)pool.failures);
	return json_array_append_new(pools, row) ? -ENOMEM : 0;
}

int conn_counts_parse_pool(const struct nlmsghdr *nlh, void *counts)
{
	struct conn_filter filter = { 0 };
	struct kmod_pool pool;

	if (!kmod_pool_read(nlh, &pool) || pool.in_use <= pool.closed)
		return 0;
	filter.proto = pool.proto;
	filter.vip.addr = pool.vip;
	filter.backend.addr = pool.backend;
	filter.backend.port = pool.port;
	conn_counts_add_pool(counts, &filter, pool.in_use - pool.closed);
	return 0;
}

int kmod_pools_more(const struct kmod *kmod, struct nl *nl, nl_fn fn,
		    void *data, struct err *err)
{
	return kmod_more(kmod, DNAT_CMD_POOL_GET, NULL, nl, fn, data, err);
}
