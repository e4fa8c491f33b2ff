/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One direction of a connection: its place in the table of connections, and
 * the way out of this machine that its packets take.
 *
 * The way is learned from a packet that the kernel has routed and forwarded, and
 * holds for packets that come in by the same interface, until the kernel says
 * that the route is out of date.  Then a packet goes the slow way again, and
 * the new way is learned from it.
 */
#ifndef DNAT_WAY_H
#define DNAT_WAY_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/rhashtable.h>
#include <linux/skbuff.h>
#include <net/dst.h>
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

/**
 * dnat_way_dst - the way that a packet may go
 * @way: of its direction
 * @dir: that direction
 * @in: where it came in
 *
 * Context: softirq, under rcu_read_lock().
 * Return: a route that holds, with no reference for the caller; NULL when the
 *	kernel has to find one
 */
static inline struct dst_entry *dnat_way_dst(const struct dnat_way *way,
					     enum ip_conntrack_dir dir,
					     const struct net_device *in)
{
	struct dst_entry *dst = READ_ONCE(way->dst);

	if (!dst || READ_ONCE(way->iif_dir) != dnat_way_iif_dir(in, dir))
		return NULL;
	return dst_check(dst, READ_ONCE(way->cookie));
}

void dnat_way_learn(struct dnat_way *way, const struct sk_buff *skb,
		    const struct nf_hook_state *state);
struct dst_entry *dnat_way_route4(struct dnat_way *way, struct sk_buff *skb,
				  __be32 daddr, struct net_device *in);
bool dnat_way_fits(struct dst_entry *dst, const struct sk_buff *skb, u8 pf);
void dnat_way_send(struct dst_entry *dst, struct sk_buff *skb, u8 pf);
void dnat_way_clean(struct dnat_way *way);

#endif /* DNAT_WAY_H */
