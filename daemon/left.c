// SPDX-License-Identifier: GPL-2.0-only
#include "ct.h"
#include "dnatd.h"
#include "kmod_msg.h"
#include "left.h"

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

static void clear(void *data)
{
	struct lefts *lefts = data;

	for (size_t i = 0; i < lefts->n; i++)
		lefts->list[i].n = 0;
}

int lefts_count(struct dnatd *dnatd, struct lefts *lefts, struct err *err)
{
	clear(lefts);
	if (!lefts->n)
		return 0;
	if (dnatd->in_force == ALLOC_MODULE)
		return kmod_dump(dnatd->kmod, DNAT_CMD_POOL_GET, "pools",
				 left_parse_pool, clear, lefts, err);
	return ct_count(lefts, err);
}
