// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "ct.h"
#include "dnatd.h"
#include "kmod_msg.h"
#include "left.h"

/* A pool that came or went meanwhile: the list is asked for again. */
#define TRIES 10

static bool is_pool_of(const struct attrs *attrs,
		       const struct conn_filter *filter)
{
	struct addr vip, backend;

	return attrs_number(attrs, DNAT_A_L4PROTO) == filter->proto &&
	       attrs_port(attrs, DNAT_A_BACKEND_PORT) == filter->backend.port &&
	       attrs_addr(attrs, DNAT_A_VIP, &vip) &&
	       attrs_addr(attrs, DNAT_A_BACKEND, &backend) &&
	       addr_equal(&vip, &filter->vip.addr) &&
	       addr_equal(&backend, &filter->backend.addr);
}

int left_parse_pool(const struct nlmsghdr *nlh, void *lefts)
{
	struct lefts *all = lefts;
	struct attrs attrs;
	uint64_t in_use, closed;

	attrs_parse(nlh, &attrs);
	in_use = attrs_number(&attrs, DNAT_A_IN_USE);
	closed = attrs_number(&attrs, DNAT_A_CLOSED);
	for (size_t i = 0; i < all->n; i++)
		if (in_use > closed &&
		    is_pool_of(&attrs, &all->list[i].filter))
			all->list[i].n += in_use - closed;
	return 0;
}

static void clear(struct lefts *lefts)
{
	for (size_t i = 0; i < lefts->n; i++)
		lefts->list[i].n = 0;
}

static int count_pools(struct dnatd *dnatd, struct lefts *lefts,
		       struct err *err)
{
	char buf[MNL_SOCKET_BUFFER_SIZE]
		__attribute__((aligned(__alignof__(struct nlmsghdr))));
	struct nlmsghdr *nlh;
	struct nl nl;
	int rc;

	rc = nl_open(&nl, NETLINK_GENERIC, err);
	if (rc)
		return rc;
	rc = -EINTR;
	for (int i = 0; i < TRIES && rc == -EINTR; i++) {
		clear(lefts);
		nlh = kmod_request(dnatd->kmod, &nl, buf, NLM_F_DUMP,
				   DNAT_CMD_POOL_GET);
		rc = nl_talk(&nl, nlh, left_parse_pool, lefts);
	}
	if (rc)
		err_set(err, rc, NULL, "module " KMOD_MODULE
			" gave no list of pools: %s", nl_reason(&nl, rc));
	nl_close(&nl);
	return rc;
}

int lefts_count(struct dnatd *dnatd, struct lefts *lefts, struct err *err)
{
	clear(lefts);
	if (!lefts->n)
		return 0;
	if (dnatd->in_force == ALLOC_MODULE)
		return count_pools(dnatd, lefts, err);
	return ct_count(lefts, err);
}
