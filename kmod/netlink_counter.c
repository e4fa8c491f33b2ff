// SPDX-License-Identifier: GPL-2.0-only
/*
 * DNAT_CMD_COUNTER_GET: the counters, oldest first.
 *
 * New counters go to the end of the list, and a counter with a reference keeps
 * its place.  So the next message starts at the counter that did not fit.
 */
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "compat.h"
#include "dnat.h"
#include "filter.h"
#include "netlink.h"
#include "uapi/linux/double_nat.h"

const struct nla_policy dnat_counter_policy[DNAT_COUNTER_MAXATTR + 1] = {
	[DNAT_A_VIP] = DNAT_POLICY_ADDR,
	[DNAT_A_BACKEND] = DNAT_POLICY_ADDR,
	[DNAT_A_BACKEND_PORT] = { .type = NLA_U16 },
	[DNAT_A_L4PROTO] = { .type = NLA_U8 },
	[DNAT_A_SERVICE_PORT] = { .type = NLA_U16 },
};

struct dnat_counter_dump {
	struct dnat_counters *counters;
	struct dnat_counter *counter;	/* next, with a reference, or NULL */
	struct dnat_filter filter;
};

static struct dnat_counter_dump **
dnat_counter_dump_ctx(struct netlink_callback *cb)
{
	return (struct dnat_counter_dump **)cb->ctx;
}

static bool dnat_counter_wanted(const struct dnat_counter *counter,
				const struct dnat_filter *filter)
{
	return !READ_ONCE(counter->gone) &&
	       dnat_filter_wants_pool(filter, &counter->key.pool) &&
	       (!filter->by_service_port ||
		counter->key.vport == filter->service_port);
}

/* Go on to the first counter after @at that the filter selects. */
static void dnat_counter_dump_next(struct dnat_counter_dump *dump,
				   struct list_head *at)
{
	struct dnat_counter *was = dump->counter;
	struct dnat_counter *counter;

	dump->counter = NULL;
	rcu_read_lock();
	counter = list_entry_rcu(at->next, struct dnat_counter, list);
	list_for_each_entry_from_rcu(counter, &dump->counters->list, list) {
		if (dnat_counter_wanted(counter, &dump->filter) &&
		    refcount_inc_not_zero(&counter->users)) {
			dump->counter = counter;
			break;
		}
	}
	rcu_read_unlock();
	if (was)
		dnat_counter_put(was);
}

int dnat_counter_dump_start(struct netlink_callback *cb)
{
	struct dnat_net *dn = dnat_pernet(sock_net(cb->skb->sk));
	struct dnat_counter_dump *dump;

	BUILD_BUG_ON(sizeof(dump) > sizeof(cb->ctx));

	dump = kzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);
	if (!dump)
		return -ENOMEM;
	dnat_filter_read(&dump->filter, dnat_dump_attrs(cb));
	dump->counters = &dn->counters;
	dnat_counter_dump_next(dump, &dump->counters->list);
	*dnat_counter_dump_ctx(cb) = dump;
	return 0;
}

int dnat_counter_dump_done(struct netlink_callback *cb)
{
	struct dnat_counter_dump *dump = *dnat_counter_dump_ctx(cb);

	if (dump->counter)
		dnat_counter_put(dump->counter);
	kfree(dump);
	return 0;
}

static int dnat_counter_put_sums(struct sk_buff *skb,
				 const struct dnat_counter *counter)
{
	struct dnat_counter_sum sum;
	u64 in_use;

	dnat_counter_read(counter, &sum);
	/* The CPUs are read one after another: @sum may have an end without
	 * its begin.
	 */
	in_use = sum.begun > sum.ended ? sum.begun - sum.ended : 0;
	return nla_put_u32(skb, DNAT_A_IN_USE, in_use) ?:
	       nla_put_u64_64bit(skb, DNAT_A_BEGUN, sum.begun, DNAT_A_PAD) ?:
	       nla_put_u64_64bit(skb, DNAT_A_PACKETS_IN,
				 sum.packets[IP_CT_DIR_ORIGINAL],
				 DNAT_A_PAD) ?:
	       nla_put_u64_64bit(skb, DNAT_A_BYTES_IN,
				 sum.bytes[IP_CT_DIR_ORIGINAL], DNAT_A_PAD) ?:
	       nla_put_u64_64bit(skb, DNAT_A_PACKETS_OUT,
				 sum.packets[IP_CT_DIR_REPLY], DNAT_A_PAD) ?:
	       nla_put_u64_64bit(skb, DNAT_A_BYTES_OUT,
				 sum.bytes[IP_CT_DIR_REPLY], DNAT_A_PAD);
}

static int dnat_counter_fill(struct sk_buff *skb, struct netlink_callback *cb,
			     const struct dnat_counter *counter)
{
	void *hdr;
	int err;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &dnat_genl_family, NLM_F_MULTI, DNAT_CMD_COUNTER_GET);
	if (!hdr)
		return -EMSGSIZE;

	err = dnat_put_pool_key(skb, &counter->key.pool) ?:
	      nla_put_be16(skb, DNAT_A_SERVICE_PORT, counter->key.vport) ?:
	      dnat_counter_put_sums(skb, counter) ?:
	      nla_put_u64_64bit(skb, DNAT_A_FAILED,
				atomic64_read(&counter->exhausted),
				DNAT_A_PAD) ?:
	      nla_put_u64_64bit(skb, DNAT_A_NO_MEMORY,
				atomic64_read(&counter->no_memory),
				DNAT_A_PAD) ?:
	      nla_put_u64_64bit(skb, DNAT_A_RECLAIMED,
				atomic64_read(&counter->taken_back),
				DNAT_A_PAD) ?:
	      nla_put_u64_64bit(skb, DNAT_A_UNANSWERED,
				atomic64_read(&counter->unanswered),
				DNAT_A_PAD);
	if (err) {
		genlmsg_cancel(skb, hdr);
		return err;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

int dnat_counter_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dnat_counter_dump *dump = *dnat_counter_dump_ctx(cb);
	int err = 0;

	while (dump->counter) {
		err = dnat_counter_fill(skb, cb, dump->counter);
		if (err)
			break;
		dnat_counter_dump_next(dump, &dump->counter->list);
		cond_resched();
	}
	return err && !skb->len ? err : skb->len;
}
