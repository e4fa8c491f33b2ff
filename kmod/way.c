// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netdevice.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/route.h>

#include "compat.h"
#include "way.h"

/* May the module use this route?  Only if sending needs nothing but the route
 * and a neighbour.  With IPsec, a route's encapsulation (ip route ... encap) or
 * a VRF, all packets take the slow path.  A tunnel device is fine.
 */
static bool dnat_way_plain(const struct dst_entry *dst,
			   const struct net_device *in, u8 pf)
{
	if (dst_xfrm(dst) || dst->lwtstate ||
	    netif_is_l3_slave(in) || netif_is_l3_master(in) ||
	    netif_is_l3_slave(dst->dev) || netif_is_l3_master(dst->dev))
		return false;

	if (pf == NFPROTO_IPV4)
		return dst->output == ip_output &&
		       ((const struct rtable *)dst)->rt_type == RTN_UNICAST;
	return dst->output == ip6_output;
}

static void dnat_way_set(struct dnat_way *way, spinlock_t *lock,
			 struct dst_entry *dst, const struct sk_buff *skb,
			 const struct net_device *in, u8 pf)
{
	u32 iif_dir = dnat_way_iif_dir(in, dnat_way_dir(way));
	struct dst_entry *old;
	u32 cookie;

	cookie = pf == NFPROTO_IPV4 ? dnat_way_cookie4(skb) :
		 rt6_get_cookie((const struct rt6_info *)dst);
	if (READ_ONCE(way->dst) == dst &&
	    READ_ONCE(way->iif_dir) == iif_dir &&
	    READ_ONCE(way->cookie) == cookie)
		return;
	if (!dst_hold_safe(dst))
		return;

	/* way->dst is NULL while the others change, see dnat_way_last() */
	spin_lock_bh(lock);
	old = way->dst;
	WRITE_ONCE(way->dst, NULL);
	smp_wmb();
	WRITE_ONCE(way->iif_dir, iif_dir);
	WRITE_ONCE(way->cookie, cookie);
	smp_store_release(&way->dst, dst);
	spin_unlock_bh(lock);
	dst_release(old);
}

/**
 * dnat_way_learn - cache the route of a packet
 * @way: of the packet's direction; another CPU may do the same
 * @lock: serializes changes of @way; not held by the caller
 * @skb: at postrouting
 * @state: of the postrouting hook
 *
 * Context: softirq, under rcu_read_lock().
 */
void dnat_way_learn(struct dnat_way *way, spinlock_t *lock,
		    const struct sk_buff *skb,
		    const struct nf_hook_state *state)
{
	struct dst_entry *dst = skb_dst(skb);

	if (dst && state->in && !skb->sk &&
	    !dnat_way_ruled(state->net, skb, state->pf) &&
	    dnat_way_plain(dst, state->in, state->pf))
		dnat_way_set(way, lock, dst, skb, state->in, state->pf);
}

/* A copy of ip6_route_input(), which is not exported. */
static void dnat_way_ask6(struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	struct net *net = dev_net(skb->dev);
	struct flowi6 fl6 = {
		.flowi6_iif = skb->dev->ifindex,
		.daddr = ip6h->daddr,
		.saddr = ip6h->saddr,
		.flowlabel = ip6_flowinfo(ip6h),
		.flowi6_mark = skb->mark,
		.flowi6_proto = ip6h->nexthdr,
	};
	struct flow_keys keys;

	fib6_rules_early_flow_dissect(net, skb, &fl6, &keys);
	skb_dst_set_noref(skb, ip6_route_input_lookup(net, skb->dev, &fl6, skb,
						      RT6_LOOKUP_F_HAS_SADDR |
						      RT6_LOOKUP_F_DST_NOREF));
}

/* Look up the route of @skb.  Routing rules and multipath hashing may look at
 * the packet, so during the lookup it has the destination that nf_nat would
 * have written.
 *
 * Return: 0 with the route in skb_dst(), or nonzero
 */
static int dnat_way_ask(struct sk_buff *skb, u8 pf,
			const union nf_inet_addr *daddr, __be16 dport)
{
	bool is_ipv4 = pf == NFPROTO_IPV4;
	unsigned int thoff = is_ipv4 ? sizeof(struct iphdr) :
				       sizeof(struct ipv6hdr);
	unsigned int len = is_ipv4 ? sizeof(daddr->ip) : sizeof(daddr->in6);
	union nf_inet_addr was_addr;
	__be16 *port, was_port;
	void *addr;
	int err;

	err = skb_ensure_writable(skb, thoff + 2 * sizeof(dport));
	if (err)
		return err;

	addr = is_ipv4 ? (void *)&ip_hdr(skb)->daddr :
			 (void *)&ipv6_hdr(skb)->daddr;
	port = (__be16 *)(skb_network_header(skb) + thoff) + 1;
	memcpy(&was_addr, addr, len);
	was_port = *port;
	memcpy(addr, daddr, len);
	*port = dport;
	if (is_ipv4)
		err = dnat_route_input(skb, daddr->ip, ip_hdr(skb));
	else
		dnat_way_ask6(skb);
	memcpy(addr, &was_addr, len);
	*port = was_port;
	return err;
}

static struct dst_entry *dnat_way_find(struct dnat_way *way, spinlock_t *lock,
				       struct sk_buff *skb,
				       const struct nf_hook_state *state, u8 pf,
				       const union nf_inet_addr *daddr,
				       __be16 dport,
				       const struct net_device *dev)
{
	struct dst_entry *dst;

	if (dnat_way_ask(skb, pf, daddr, dport))
		return NULL;
	dst = skb_dst(skb);
	if (dnat_way_plain(dst, state->in, pf) && (!dev || dst->dev == dev))
		dnat_way_set(way, lock, dst, skb, state->in, pf);
	else
		dst = NULL;
	/* a route that ip_route_input_noref() has made has a reference */
	skb_dst_drop(skb);
	return dst;
}

/**
 * dnat_way_route - look up the route of a packet and cache it
 * @way: of the packet's direction
 * @lock: as for dnat_way_learn()
 * @skb: not rewritten yet, TCP or UDP without IP options or extension headers
 * @state: of the prerouting hook
 * @pf: NFPROTO_IPV4 or NFPROTO_IPV6
 * @daddr: destination after NAT
 * @dport: destination port after NAT
 *
 * Context: softirq, under rcu_read_lock().
 * Return: the route, as from dnat_way_dst()
 */
struct dst_entry *dnat_way_route(struct dnat_way *way, spinlock_t *lock,
				 struct sk_buff *skb,
				 const struct nf_hook_state *state, u8 pf,
				 const union nf_inet_addr *daddr, __be16 dport)
{
	if (dnat_way_ruled(state->net, skb, pf))
		return NULL;
	return dnat_way_find(way, lock, skb, state, pf, daddr, dport, NULL);
}

/**
 * dnat_way_renew - replace a cached route that became invalid
 * @way: for which dnat_way_dst() returned NULL
 * @lock: as for dnat_way_learn()
 * @skb: not rewritten yet, TCP or UDP without IP options or extension headers
 * @state: of the prerouting hook
 * @pf: NFPROTO_IPV4 or NFPROTO_IPV6
 * @daddr: destination after NAT
 * @dport: destination port after NAT
 *
 * The new route is used only if it leaves by the same device.  Rules at the
 * forward hook may match the output device, so they must see the first packet
 * that leaves by another one.
 *
 * Context: softirq, under rcu_read_lock().
 * Return: the route, as from dnat_way_dst(); NULL also if @way has no route for
 *	packets like @skb
 */
struct dst_entry *dnat_way_renew(struct dnat_way *way, spinlock_t *lock,
				 struct sk_buff *skb,
				 const struct nf_hook_state *state, u8 pf,
				 const union nf_inet_addr *daddr, __be16 dport)
{
	const struct dst_entry *last;
	u32 cookie;

	last = dnat_way_last(way, dnat_way_dir(way), skb, state, pf, &cookie);
	if (!last)
		return NULL;
	return dnat_way_find(way, lock, skb, state, pf, daddr, dport,
			     READ_ONCE(last->dev));
}

/**
 * dnat_way_fits - does the packet, or do its segments, fit the route's MTU?
 * @dst: from dnat_way_dst()
 * @skb: its data starts at the network header
 * @pf: NFPROTO_IPV4 or NFPROTO_IPV6
 *
 * Context: softirq, under rcu_read_lock().
 */
bool dnat_way_fits(struct dst_entry *dst, const struct sk_buff *skb, u8 pf)
{
	unsigned int mtu;

	/* ip6_forward() checks the first one, ip6_output() checks both */
	mtu = pf == NFPROTO_IPV4 ? ip_dst_mtu_maybe_forward(dst, true) :
				   min(ip6_dst_mtu_maybe_forward(dst, true),
				       dst_mtu(dst));
	return skb->len <= mtu ||
	       (skb_is_gso(skb) && skb_gso_validate_network_len(skb, mtu));
}

/**
 * dnat_way_send - send a packet
 * @dst: from dnat_way_dst()
 * @skb: rewritten, with headroom for the device's header; consumed
 * @pf: NFPROTO_IPV4 or NFPROTO_IPV6
 *
 * Context: softirq, under rcu_read_lock().
 */
void dnat_way_send(struct dst_entry *dst, struct sk_buff *skb, u8 pf)
{
	struct neighbour *neigh;
	bool other = false;

	skb_clear_tstamp(skb);
	skb_dst_set_noref(skb, dst);
	skb->dev = dst->dev;

	if (pf == NFPROTO_IPV4)
		neigh = ip_neigh_for_gw((struct rtable *)dst, skb, &other);
	else
		neigh = ip_neigh_gw6(dst->dev,
				     rt6_nexthop((struct rt6_info *)dst,
						 &ipv6_hdr(skb)->daddr));
	if (IS_ERR(neigh))
		kfree_skb(skb);
	else
		neigh_output(neigh, skb, other);
}

/**
 * dnat_way_get - get a reference to the cached route
 * @way: of a direction
 *
 * Context: any, under rcu_read_lock().
 * Return: a valid route, for dst_release(), or NULL
 */
struct dst_entry *dnat_way_get(const struct dnat_way *way)
{
	struct dst_entry *dst = READ_ONCE(way->dst);

	if (!dst || !dst_check(dst, READ_ONCE(way->cookie)) ||
	    !dst_hold_safe(dst))
		return NULL;
	return dst;
}

/**
 * dnat_way_clean - release the cached route
 * @way: without readers
 *
 * Context: any.
 */
void dnat_way_clean(struct dnat_way *way)
{
	dst_release(way->dst);
}
