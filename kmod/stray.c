// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drop stray packets: packets to a VIP that NAT has not translated.
 *
 * conntrack does not associate a TCP segment with its connection if it is out
 * of window, or while no rule asks for conntrack and NAT.  Such a segment keeps
 * the VIP as its destination.
 *
 * If an interface of this machine has the VIP as an address, the local TCP
 * would answer with a reset and end a healthy connection.  If the segment is
 * dropped instead, its sender retransmits it.
 *
 * If no interface has the VIP, this segment, and any other untranslated packet
 * to the VIP, would be forwarded, and would loop between this machine and the
 * next router until its TTL ends.
 */
#include <linux/netfilter_ipv4.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/tcp.h>

#include "conn.h"
#include "dnat.h"
#include "stray.h"
#include "table.h"

/* Fill in @tuple but for the ports.
 *
 * Return: the offset of the TCP header; 0 if there is none
 */
static unsigned int dnat_stray_tuple(const struct sk_buff *skb, u8 l3num,
				     struct dnat_tuple *tuple)
{
	unsigned int nhoff = skb_network_offset(skb);

	tuple->l3num = l3num;
	if (l3num == NFPROTO_IPV4) {
		const struct iphdr *iph = ip_hdr(skb);

		tuple->saddr = &iph->saddr;
		tuple->daddr = &iph->daddr;
		tuple->l4proto = iph->protocol;
		nhoff += iph->ihl * 4;
		if (iph->frag_off & htons(IP_OFFSET))
			return 0;
	} else {
		const struct ipv6hdr *ip6h = ipv6_hdr(skb);

		tuple->saddr = &ip6h->saddr;
		tuple->daddr = &ip6h->daddr;
		tuple->l4proto = ip6h->nexthdr;
		nhoff += sizeof(*ip6h);
	}
	return tuple->l4proto == IPPROTO_TCP ? nhoff : 0;
}

/* @daddr: __be32 or struct in6_addr */
static bool dnat_stray_maybe_vip(const struct dnat_net *dn, u8 l3num,
				 const void *daddr)
{
	return dnat_vip_maybe(&dn->vdports.vips,
			      l3num == NFPROTO_IPV4 ?
				      dnat_vip_filter4(*(__be32 *)daddr) :
				      dnat_vip_filter6(daddr));
}

static bool dnat_stray_is_vip(struct dnat_net *dn, const struct sk_buff *skb,
			      u8 l3num)
{
	static const u8 protos[] = { IPPROTO_TCP, IPPROTO_UDP };
	struct dnat_vip_key key = { .l3num = l3num };
	unsigned int i;

	if (l3num == NFPROTO_IPV4)
		key.addr.ip = ip_hdr(skb)->daddr;
	else
		key.addr.in6 = ipv6_hdr(skb)->daddr;
	if (!dnat_stray_maybe_vip(dn, l3num, &key.addr))
		return false;
	for (i = 0; i < ARRAY_SIZE(protos); i++) {
		key.l4proto = protos[i];
		if (dnat_vip_find(&dn->vdports.vips, &key))
			return true;
	}
	return false;
}

/**
 * dnat_is_lost - is an untranslated packet to a VIP about to be forwarded?
 * @skb: has a network header and no conntrack
 * @state: of the postrouting hook, NFPROTO_IPV4 or NFPROTO_IPV6
 *
 * Context: any, under rcu_read_lock().
 */
bool dnat_is_lost(const struct sk_buff *skb, const struct nf_hook_state *state)
{
	enum ip_conntrack_info ctinfo;

	nf_ct_get(skb, &ctinfo);
	return skb->skb_iif && ctinfo != IP_CT_UNTRACKED &&
	       dnat_stray_is_vip(dnat_pernet(state->net), skb, state->pf);
}

/* Is this an untranslated segment of a connection of ours?  Not if it is a SYN,
 * which may start a connection with this machine.
 */
static bool dnat_is_stray(const struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	struct dnat_net *dn = dnat_pernet(state->net);
	const struct nf_conn *ct, *found;
	enum ip_conntrack_info ctinfo;
	const struct tcphdr *th;
	struct dnat_tuple tuple;
	struct dnat_way *way;
	unsigned int thoff;
	struct tcphdr buf;

	found = nf_ct_get(skb, &ctinfo);
	if (ctinfo == IP_CT_UNTRACKED)
		return false;
	thoff = dnat_stray_tuple(skb, state->pf, &tuple);
	if (!thoff || !dnat_stray_maybe_vip(dn, tuple.l3num, tuple.daddr))
		return false;
	th = skb_header_pointer(skb, thoff, sizeof(buf), &buf);
	if (!th || th->syn)
		return false;
	tuple.sport = th->source;
	tuple.dport = th->dest;
	way = dnat_table_find(dn, &tuple);
	if (!way)
		return false;
	ct = dnat_way_conn(way)->ct;
	/* found == ct: tracked, but nf_nat's hooks are unregistered already */
	return (!found || found == ct) && !nf_ct_is_dying(ct) &&
	       !nf_ct_is_expired(ct);
}

static unsigned int dnat_stray_input(void *priv, struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	return dnat_is_stray(skb, state) ? NF_DROP : NF_ACCEPT;
}

/* NFPROTO_INET registers for IPv4 and IPv6; their priorities are the same. */
static const struct nf_hook_ops dnat_stray_ops[] = {
	{
		.hook = dnat_stray_input,
		.pf = NFPROTO_INET,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP_PRI_NAT_SRC - 1,
	},
};

static int __net_init dnat_stray_net_init(struct net *net)
{
	return nf_register_net_hooks(net, dnat_stray_ops,
				     ARRAY_SIZE(dnat_stray_ops));
}

static void __net_exit dnat_stray_net_pre_exit(struct net *net)
{
	nf_unregister_net_hooks(net, dnat_stray_ops,
				ARRAY_SIZE(dnat_stray_ops));
}

static struct pernet_operations dnat_stray_net_ops = {
	.init = dnat_stray_net_init,
	.pre_exit = dnat_stray_net_pre_exit,
};

int dnat_stray_setup(void)
{
	return register_pernet_subsys(&dnat_stray_net_ops);
}

void dnat_stray_teardown(void)
{
	unregister_pernet_subsys(&dnat_stray_net_ops);
}
