// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection found no free vdport, and its first packet will be dropped.
 *
 * The module sends a netlink event, and sends the client the answer of a port
 * on which no server listens.  So the client can try another address at once,
 * instead of retrying for a minute or two.
 *
 * The destination of the first packet is the backend already.  nf_reject
 * attaches the packet's conntrack to its answer, so nf_nat translates the
 * answer's source, and the packet that an ICMP error quotes, back to the VIP.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/netfilter/ipv4/nf_reject.h>
#include <net/netfilter/ipv6/nf_reject.h>

#include "dnat.h"
#include "exhaust.h"
#include "netlink.h"
#include "uapi/linux/double_nat.h"

/* The minimum time between two events of a pool. */
#define DNAT_EVENT_PERIOD HZ

/* For UDP, port unreachable: a connected socket gets ECONNREFUSED, which says
 * that no server listens.  Other codes, such as "prohibited", would look like a
 * problem of the route.
 */
static void dnat_exhausted_answer(struct sk_buff *skb,
				  const struct nf_hook_state *state,
				  const struct dnat_pool_key *key)
{
	bool tcp = key->l4proto == IPPROTO_TCP;

	if (key->l3num == NFPROTO_IPV4) {
		if (tcp)
			nf_send_reset(state->net, state->sk, skb, state->hook);
		else
			nf_send_unreach(skb, ICMP_PORT_UNREACH, state->hook);
		return;
	}
	if (tcp)
		nf_send_reset6(state->net, state->sk, skb, state->hook);
	else
		nf_send_unreach6(state->net, skb, ICMPV6_PORT_UNREACH,
				 state->hook);
}

/* Return: true for one of all callers within the period */
static bool dnat_event_due(struct dnat_pool *pool)
{
	u32 was = READ_ONCE(pool->told);
	u32 now = (u32)jiffies ?: 1;

	if (was && now - was < DNAT_EVENT_PERIOD)
		return false;
	return cmpxchg(&pool->told, was, now) == was;
}

static void dnat_exhausted_tell(struct net *net, struct dnat_pool *pool)
{
	struct dnat_pool_info stand;
	struct sk_buff *skb;
	void *hdr;

	if (!genl_has_listeners(&dnat_genl_family, net, DNAT_GROUP_EVENTS) ||
	    !dnat_event_due(pool))
		return;

	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return;
	dnat_pool_info(pool, &stand);
	hdr = genlmsg_put(skb, 0, 0, &dnat_genl_family, 0, DNAT_CMD_EXHAUSTED);
	if (!hdr || dnat_put_pool_key(skb, &pool->key) ||
	    nla_put_u64_64bit(skb, DNAT_A_FAILED, stand.failed, DNAT_A_PAD)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	genlmsg_multicast_netns(&dnat_genl_family, net, skb, 0,
				DNAT_GROUP_EVENTS, GFP_ATOMIC);
}

/**
 * dnat_exhausted - report a connection that found no vdport, and answer it
 * @skb: its first packet, with its conntrack, at postrouting; dropped by the
 *	caller
 * @state: of the postrouting hook
 * @pool: has no free port, and has counted the connection as failed
 *
 * Context: softirq, or process with bottom halves off, under rcu_read_lock(),
 *	none of conntrack's locks held.
 */
void dnat_exhausted(struct sk_buff *skb, const struct nf_hook_state *state,
		    struct dnat_pool *pool)
{
	const struct dnat_net *dn = dnat_pernet(state->net);

	dnat_exhausted_tell(state->net, pool);
	if (READ_ONCE(dn->on_exhausted) == DNAT_EXHAUSTED_RESET)
		dnat_exhausted_answer(skb, state, &pool->key);
}
