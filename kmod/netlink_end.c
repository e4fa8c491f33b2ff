// SPDX-License-Identifier: GPL-2.0-only
/*
 * DNAT_CMD_CONN_DEL: end connections.
 *
 * It is a dump, although it changes state, so that each message does a limited
 * part of the work, and the next message goes on where it stopped.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "compat.h"
#include "dnat.h"
#include "filter.h"
#include "netlink.h"
#include "reset.h"
#include "uapi/linux/double_nat.h"

/* Connections ended in one RCU read section, and such steps for one message. */
#define DNAT_END_BATCH 16
#define DNAT_END_STEPS 64

#define DNAT_END_RESTS 64	/* for one message, of 50 to 100 us each */

const struct nla_policy dnat_end_policy[DNAT_END_MAXATTR + 1] = {
	DNAT_FILTER_POLICY,
	[DNAT_A_RESET] = NLA_POLICY_MAX(NLA_U8, 1),
	[DNAT_A_NO_ANSWER] = NLA_POLICY_MAX(NLA_U8, 1),
};

struct dnat_ending {
	struct dnat_walk walk;
	unsigned int port;	/* next port of the walk's pool */
	struct dnat_filter filter;
	bool reset;
};

static struct dnat_ending **dnat_end_ctx(struct netlink_callback *cb)
{
	return (struct dnat_ending **)cb->ctx;
}

int dnat_end_start(struct netlink_callback *cb)
{
	struct dnat_net *dn = dnat_pernet(sock_net(cb->skb->sk));
	struct nlattr **attrs = dnat_dump_attrs(cb);
	struct dnat_ending *ending;

	BUILD_BUG_ON(sizeof(ending) > sizeof(cb->ctx));

	ending = kzalloc(sizeof(*ending), GFP_KERNEL_ACCOUNT);
	if (!ending)
		return -ENOMEM;
	dnat_filter_read(&ending->filter, attrs);
	ending->filter.unanswered = attrs[DNAT_A_NO_ANSWER] &&
				    nla_get_u8(attrs[DNAT_A_NO_ANSWER]);
	ending->reset = attrs[DNAT_A_RESET] && nla_get_u8(attrs[DNAT_A_RESET]);
	dnat_walk_start(&ending->walk, &dn->vdports);
	*dnat_end_ctx(cb) = ending;
	return 0;
}

int dnat_end_done(struct netlink_callback *cb)
{
	struct dnat_ending *ending = *dnat_end_ctx(cb);

	dnat_walk_done(&ending->walk);
	kfree(ending);
	return 0;
}

/* Find connections to end in one chunk of the pool's ports.
 *
 * Return: the number of connections in @picked, at most DNAT_END_BATCH
 */
static unsigned int dnat_end_pick(struct dnat_ending *ending,
				  struct dnat_conn **picked)
{
	struct dnat_pool *pool = ending->walk.pool;
	unsigned int end, n = 0;
	struct dnat_conn *conn;

	spin_lock_bh(&pool->lock);
	end = dnat_vdport_used_chunk(pool, &ending->port);
	for (; ending->port < end && n < DNAT_END_BATCH; ending->port++) {
		conn = dnat_vdport_owner(pool, ending->port);
		if (conn && dnat_filter_wants(&ending->filter, conn))
			picked[n++] = conn;
	}
	spin_unlock_bh(&pool->lock);
	return n;
}

static bool dnat_end_pending(void)
{
	bool pending;

	preempt_disable();
	pending = local_softirq_pending();
	preempt_enable();
	return pending;
}

/* Leave this CPU to ksoftirqd, if that has to deliver the resets.  Resets that
 * overflow a queue are lost, and nobody sends them again.
 */
static void dnat_end_rest(unsigned int *rests)
{
	for (; *rests && dnat_end_pending(); (*rests)--)
		usleep_range(50, 100);
}

/* An entry that ends meanwhile on another CPU keeps its conntrack for a grace
 * period.  The reset is sent before the connection ends, because afterwards
 * another connection may have the port.
 */
static unsigned int dnat_end_some(struct dnat_ending *ending)
{
	struct dnat_conn *picked[DNAT_END_BATCH];
	unsigned int i, n, ended = 0;

	rcu_read_lock();
	n = dnat_end_pick(ending, picked);
	for (i = 0; i < n; i++) {
		if (ending->reset)
			dnat_reset_send(picked[i]);
		ended += dnat_conn_kill(picked[i]);
	}
	rcu_read_unlock();
	cond_resched();
	return ended;
}

static unsigned int dnat_end_more(struct dnat_ending *ending)
{
	unsigned int rests = DNAT_END_RESTS;
	unsigned int ended = 0;
	int i;

	for (i = 0; i < DNAT_END_STEPS && rests && ending->walk.pool; i++) {
		if (ending->port > DNAT_PORT_LIMIT_MAX ||
		    !dnat_filter_wants_pool(&ending->filter,
					    &ending->walk.pool->key)) {
			dnat_walk_next(&ending->walk);
			ending->port = 0;
			continue;
		}
		ended += dnat_end_some(ending);
		if (ending->reset)
			dnat_end_rest(&rests);
	}
	return ended;
}

int dnat_end_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dnat_ending *ending = *dnat_end_ctx(cb);
	void *hdr;

	if (!ending->walk.pool)
		return 0;
	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &dnat_genl_family, NLM_F_MULTI, DNAT_CMD_CONN_DEL);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, DNAT_A_ENDED, dnat_end_more(ending))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return skb->len;
}
