// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netdevice.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/route.h>

#include "compat.h"
#include "way.h"

/* No more than a route and a neighbour: whoever wants to do more with a
 * packet on its way out, a route's encapsulation (ip route ... encap), IPsec or
 * a VRF, gets all packets.  A tunnel that is a device needs no more.
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

	/* There is no route while what it holds for changes, see dnat_way_dst(). */
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
 * dnat_way_learn - take the way that a packet goes
 * @way: of its direction; another CPU may be about to do the same
 * @lock: held while it changes, the same for every packet of that direction
 * @skb: at postrouting
 * @state: of that hook
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

/* As ip6_route_input() asks, which is not exported. */
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

/* Rules and multipath routes may go by what stands in the packet: let that be
 * what nf_nat would have left there for the kernel to route.
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
	/* A route made just now comes with a reference, whatever the name says. */
	skb_dst_drop(skb);
	return dst;
}

/**
 * dnat_way_route - have the kernel find the way that a packet goes
 * @way: of its direction, which learns it
 * @lock: as for dnat_way_learn()
 * @skb: not rewritten yet, TCP or UDP without IP options or extension headers
 * @state: of the hook where it is, prerouting
 * @pf: NFPROTO_IPV4 or NFPROTO_IPV6
 * @daddr: where it is to go to
 * @dport: to which port there
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
 * dnat_way_renew - the same, where the kernel has called the last way out of date
 * @way: from which dnat_way_dst() got NULL
 * @lock: as for dnat_way_learn()
 * @skb: not rewritten yet, TCP or UDP without IP options or extension headers
 * @state: of the hook where it is, prerouting
 * @pf: NFPROTO_IPV4 or NFPROTO_IPV6
 * @daddr: where it is to go to
 * @dport: to which port there
 *
 * Rules at the hook forward may go by the device that a packet leaves by: they
 * see the first one that leaves by another.
 *
 * Context: softirq, under rcu_read_lock().
 * Return: the route, as from dnat_way_dst()
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
 * dnat_way_fits - is the packet, or what it will be cut into, small enough?
 * @dst: from dnat_way_dst()
 * @skb: from its network header on
 * @pf: NFPROTO_IPV4 or NFPROTO_IPV6
 *
 * Context: softirq, under rcu_read_lock().
 */
bool dnat_way_fits(struct dst_entry *dst, const struct sk_buff *skb, u8 pf)
{
	unsigned int mtu;

	/* ip6_forward() goes by the one, ip6_output() by the route's own as well. */
	mtu = pf == NFPROTO_IPV4 ? ip_dst_mtu_maybe_forward(dst, true) :
				   min(ip6_dst_mtu_maybe_forward(dst, true),
				       dst_mtu(dst));
	return skb->len <= mtu ||
	       (skb_is_gso(skb) && skb_gso_validate_network_len(skb, mtu));
}

/**
 * dnat_way_send - send a packet
 * @dst: from dnat_way_dst()
 * @skb: rewritten; there is room in front of it for the device's header
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
 * dnat_way_get - the way that was taken last
 * @way: of a direction
 *
 * Context: any, under rcu_read_lock().
 * Return: a route that holds, with a reference for the caller, or NULL
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
 * dnat_way_clean - give the route back
 * @way: nobody can see it any more
 *
 * Context: any.
 */
void dnat_way_clean(struct dnat_way *way)
{
	dst_release(way->dst);
}
