/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One direction of a connection: its node in the table of connections, and the
 * cached route of its packets.
 *
 * The route is learned from a packet that the kernel has routed and forwarded.
 * It is valid for packets that come in by the same interface (and, in IPv4,
 * with the same DSCP).  The kernel invalidates it when any route changes; the
 * module then looks the route up again.  If the new route leaves by another
 * device, the packet takes the slow path, so that rules see it, and the route
 * is learned from that packet.
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
	struct dst_entry *dst;	/* the route, with a reference, or NULL */
	u32 cookie;		/* IPv4: the DSCP; IPv6: the route's cookie */
	u32 iif_dir;		/* input interface index << 1 | direction */
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

/* IPv4 routes need no cookie: store the DSCP, which the route depends on. */
static inline u32 dnat_way_cookie4(const struct sk_buff *skb)
{
	return ip_hdr(skb)->tos & INET_DSCP_MASK;
}

/* May policy routing rules select the route by this packet's mark or, in IPv6,
 * its DSCP?  Then the route must not be cached: the next packet may differ.
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

/* Return: the cached route if it was learned from packets like @skb, or NULL.
 * It may be invalid.  The caller gets no reference.
 */
static inline struct dst_entry *
dnat_way_last(const struct dnat_way *way, enum ip_conntrack_dir dir,
	      const struct sk_buff *skb, const struct nf_hook_state *state,
	      u8 pf, u32 *cookie)
{
	struct dst_entry *dst = smp_load_acquire(&way->dst);
	u32 iif_dir = READ_ONCE(way->iif_dir);

	*cookie = READ_ONCE(way->cookie);
	/* iif_dir and cookie belong to dst only if way->dst is unchanged. */
	smp_rmb();
	if (!dst || READ_ONCE(way->dst) != dst ||
	    iif_dir != dnat_way_iif_dir(state->in, dir) ||
	    (pf == NFPROTO_IPV4 && *cookie != dnat_way_cookie4(skb)) ||
	    dnat_way_ruled(state->net, skb, pf))
		return NULL;
	return dst;
}

/**
 * dnat_way_dst - the cached route for a packet
 * @way: of the packet's direction
 * @dir: the packet's direction
 * @skb: the packet
 * @state: of the prerouting hook
 * @pf: NFPROTO_IPV4 or NFPROTO_IPV6
 *
 * Context: softirq, under rcu_read_lock().
 * Return: a valid route, with no reference for the caller; NULL if the route
 *	must be looked up
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
