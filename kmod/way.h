/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One direction of a connection: its place in the table of connections, and
 * the way out of this machine that its packets take.
 *
 * The way is learned from a packet that the kernel has routed and forwarded.
 * It holds for packets that come in by the same interface (and, in IPv4, with
 * the same DSCP).  The kernel calls it out of date when any route has changed,
 * and is then asked again.  Only if it names another device a packet goes the
 * slow way again, so that rules see it, and the new way is learned from it.
 */
#ifndef DNAT_WAY_H
#define DNAT_WAY_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/rhashtable.h>
#include <linux/skbuff.h>
#include <net/dsfield.h>
#include <net/dst.h>
#include <net/inet_dscp.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack_tuple.h>

struct dnat_way {
	struct rhash_head node;
	struct dst_entry *dst;	/* a reference of our own, or NULL */
	u32 cookie;
	u32 iif_dir;		/* the interface's index << 1 | the direction */
};

static inline enum ip_conntrack_dir dnat_way_dir(const struct dnat_way *way)
{
	return READ_ONCE(way->iif_dir) & 1;
}

static inline u32 dnat_way_iif_dir(const struct net_device *in,
				   enum ip_conntrack_dir dir)
{
	return (u32)in->ifindex << 1 | dir;
}

/* For IPv4, whose routes need no cookie, it is what else the route hangs on. */
static inline u32 dnat_way_cookie4(const struct sk_buff *skb)
{
	return ip_hdr(skb)->tos & INET_DSCP_MASK;
}

/* May rules of the admin's choose a route by what this packet carries, its mark
 * or, in IPv6, its DSCP?  It may be another one for the next packet.
 */
static inline bool dnat_way_ruled(const struct net *net,
				  const struct sk_buff *skb, u8 pf)
{
#ifdef CONFIG_IP_MULTIPLE_TABLES
	if (pf == NFPROTO_IPV4)
		return unlikely(skb->mark) && net->ipv4.fib_has_custom_rules;
#endif
#ifdef CONFIG_IPV6_MULTIPLE_TABLES
	if (pf == NFPROTO_IPV6)
		return unlikely(skb->mark || (ipv6_get_dsfield(ipv6_hdr(skb)) &
					      INET_DSCP_MASK)) &&
		       net->ipv6.fib6_has_custom_rules;
#endif
	return false;
}

/* Return: the route that packets like @skb took last, which may be out of date,
 * with no reference for the caller; or NULL
 */
static inline struct dst_entry *
dnat_way_last(const struct dnat_way *way, enum ip_conntrack_dir dir,
	      const struct sk_buff *skb, const struct nf_hook_state *state,
	      u8 pf, u32 *cookie)
{
	struct dst_entry *dst = smp_load_acquire(&way->dst);
	u32 iif_dir = READ_ONCE(way->iif_dir);

	*cookie = READ_ONCE(way->cookie);
	/* The route is the one that the rest is about if it still is there. */
	smp_rmb();
	if (!dst || READ_ONCE(way->dst) != dst ||
	    iif_dir != dnat_way_iif_dir(state->in, dir) ||
	    (pf == NFPROTO_IPV4 && *cookie != dnat_way_cookie4(skb)) ||
	    dnat_way_ruled(state->net, skb, pf))
		return NULL;
	return dst;
}

/**
 * dnat_way_dst - the way that a packet may go
 * @way: of its direction
 * @dir: that direction
 * @skb: the packet
 * @state: of the hook where it is, prerouting
 * @pf: NFPROTO_IPV4 or NFPROTO_IPV6
 *
 * Context: softirq, under rcu_read_lock().
 * Return: a route that holds, with no reference for the caller; NULL when the
 *	kernel has to find one
 */
static inline struct dst_entry *
dnat_way_dst(const struct dnat_way *way, enum ip_conntrack_dir dir,
	     const struct sk_buff *skb, const struct nf_hook_state *state,
	     u8 pf)
{
	struct dst_entry *dst;
	u32 cookie;

	dst = dnat_way_last(way, dir, skb, state, pf, &cookie);
	return dst ? dst_check(dst, cookie) : NULL;
}

void dnat_way_learn(struct dnat_way *way, spinlock_t *lock,
		    const struct sk_buff *skb,
		    const struct nf_hook_state *state);
struct dst_entry *dnat_way_route(struct dnat_way *way, spinlock_t *lock,
				 struct sk_buff *skb,
				 const struct nf_hook_state *state, u8 pf,
				 const union nf_inet_addr *daddr, __be16 dport);
struct dst_entry *dnat_way_renew(struct dnat_way *way, spinlock_t *lock,
				 struct sk_buff *skb,
				 const struct nf_hook_state *state, u8 pf,
				 const union nf_inet_addr *daddr, __be16 dport);
bool dnat_way_fits(struct dst_entry *dst, const struct sk_buff *skb, u8 pf);
void dnat_way_send(struct dst_entry *dst, struct sk_buff *skb, u8 pf);
struct dst_entry *dnat_way_get(const struct dnat_way *way);
void dnat_way_clean(struct dnat_way *way);

#endif /* DNAT_WAY_H */
