/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way out of this machine that one direction of a connection takes.
 *
 * It is learned from a packet that the kernel has routed and forwarded, and
 * holds for packets that come in by the same interface, until the kernel says
 * that the route is out of date.  Then a packet goes the slow way again, and
 * the new way is learned from it.
 */
#ifndef DNAT_WAY_H
#define DNAT_WAY_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <net/dst.h>

struct dnat_way {
	struct dst_entry *dst;	/* a reference of our own, or NULL */
	u32 cookie;
	int iif;
};

void dnat_way_learn(struct dnat_way *way, const struct sk_buff *skb,
		    const struct nf_hook_state *state);
struct dst_entry *dnat_way_dst(const struct dnat_way *way,
			       const struct net_device *in);
bool dnat_way_fits(struct dst_entry *dst, const struct sk_buff *skb, u8 pf);
void dnat_way_send(struct dst_entry *dst, struct sk_buff *skb, u8 pf);
void dnat_way_clean(struct dnat_way *way);

#endif /* DNAT_WAY_H */
