// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one-lookup path (paper, 3.1 steps 4-6): packets of connections that
 * conntrack and nf_nat have set up are rewritten and sent on before conntrack
 * would look at them.
 *
 * Whatever this path does not fully understand goes the slow way, unchanged.
 */
#include <linux/icmpv6.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_ecache.h>
#include <net/netfilter/nf_conntrack_seqadj.h>
#include <net/tcp.h>
#include <net/udp.h>
#include <net/xfrm.h>

#include "conn.h"
#include "dnat.h"
#include "forward.h"
#include "reclaim.h"
#include "track.h"

/* A packet on its way through. */
struct dnat_packet {
	struct sk_buff *skb;
	const struct nf_hook_state *state;
	struct dnat_vip_key vip;
	union nf_inet_addr saddr;
	unsigned int thoff;	/* where its TCP or UDP header starts */
};

static struct tcphdr *dnat_tcp_hdr(const struct dnat_packet *pkt)
{
	return (struct tcphdr *)(pkt->skb->data + pkt->thoff);
}

static struct udphdr *dnat_udp_hdr(const struct dnat_packet *pkt)
{
	return (struct udphdr *)(pkt->skb->data + pkt->thoff);
}

static bool dnat_is_tcp(const struct dnat_packet *pkt)
{
	return pkt->vip.l4proto == IPPROTO_TCP;
}

/* Both start with the ports. */
static const __be16 *dnat_ports(const struct dnat_packet *pkt)
{
	return (const __be16 *)(pkt->skb->data + pkt->thoff);
}

/* Does the machine want to see more of its packets than we show? */
static bool dnat_forward_wanted(const struct dnat_net *dn,
				const struct sk_buff *skb,
				const struct nf_hook_state *state)
{
#ifdef CONFIG_XFRM
	const struct net *net = state->net;

	if (net->xfrm.policy_count[XFRM_POLICY_FWD] ||
	    net->xfrm.policy_count[XFRM_POLICY_OUT] || secpath_exists(skb))
		return false;
#endif
	return READ_ONCE(dn->fast) && skb->pkt_type == PACKET_HOST &&
	       !skb->_nfct && !skb_dst(skb) && !skb->sk &&
	       !nf_bridge_in_prerouting(skb);
}

/* conntrack would not take a packet whose checksum is wrong, where it looks. */
static bool dnat_checksum_right(const struct dnat_packet *pkt)
{
	if (skb_csum_unnecessary(pkt->skb) ||
	    !pkt->state->net->ct.sysctl_checksum)
		return true;
	return !nf_checksum(pkt->skb, NF_INET_PRE_ROUTING, pkt->thoff,
			    pkt->vip.l4proto, pkt->vip.l3num);
}

static enum dnat_stat dnat_check_tcp(const struct dnat_packet *pkt)
{
	const struct tcphdr *th;
	unsigned int len;

	if (!pskb_may_pull(pkt->skb, pkt->thoff + sizeof(*th)))
		return DNAT_STAT_SLOW_HEADER;
	th = dnat_tcp_hdr(pkt);
	if (th->syn || th->rst || !th->ack)
		return DNAT_STAT_SLOW_FLAGS;
	len = th->doff * 4;
	if (len < sizeof(*th) || !pskb_may_pull(pkt->skb, pkt->thoff + len))
		return DNAT_STAT_SLOW_HEADER;
	return DNAT_STAT_FAST;
}

static enum dnat_stat dnat_check_udp(const struct dnat_packet *pkt)
{
	const struct udphdr *uh;
	unsigned int len;

	if (!pskb_may_pull(pkt->skb, pkt->thoff + sizeof(*uh)))
		return DNAT_STAT_SLOW_HEADER;
	uh = dnat_udp_hdr(pkt);
	len = ntohs(uh->len);
	if (len < sizeof(*uh) || len > pkt->skb->len - pkt->thoff)
		return DNAT_STAT_SLOW_HEADER;
	return DNAT_STAT_FAST;
}

/* What a service's port gets comes from a client (paper, 3.1); where a port is
 * both, or not known to be either, the other direction is tried as well.
 */
static struct dnat_conn *dnat_packet_conn(struct dnat_net *dn,
					  struct dnat_vip *vip,
					  const struct dnat_packet *pkt,
					  enum ip_conntrack_info *ctinfo)
{
	const __be16 *port = dnat_ports(pkt);
	bool in = dnat_vip_is_service(vip, ntohs(port[1]));
	struct dnat_conn *conn;
	int i;

	for (i = 0; i < 2; i++, in = !in) {
		conn = in ? dnat_conn_find_in(dn, vip, &pkt->saddr, port[0],
					      port[1]) :
			    dnat_conn_find_out(dn, vip, &pkt->saddr, port[0],
					       port[1]);
		if (conn) {
			*ctinfo = in ? IP_CT_ESTABLISHED :
				       IP_CT_ESTABLISHED_REPLY;
			return conn;
		}
	}
	return NULL;
}

/* Is the connection one that conntrack knows, from both sides? */
static bool dnat_conn_ready(const struct dnat_conn *conn)
{
	const unsigned long want = IPS_CONFIRMED | IPS_SEEN_REPLY;
	const struct nf_conn *ct = conn->ct;

	return (READ_ONCE(ct->status) & (want | IPS_DYING)) == want &&
	       !nf_ct_is_expired(ct);
}

/* A sum over ports, as they lie in the packet. */
static __wsum dnat_ports_sum(__be16 a, __be16 b)
{
	return (__force __wsum)((__force u32)a + (__force u32)b);
}

/* The checksum of a transport header, whose device may add the rest itself. */
static void dnat_checksum_fix(const struct sk_buff *skb, __sum16 *check,
			      __wsum addrs, __wsum ports)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		*check = ~csum_fold(csum_add(addrs, csum_unfold(*check)));
	else
		csum_replace_by_diff(check, csum_add(addrs, ports));
}

static void dnat_rewrite_ports(const struct dnat_packet *pkt, __be16 sport,
			       __be16 dport, __wsum addrs)
{
	__be16 *port = (__be16 *)(pkt->skb->data + pkt->thoff);
	__wsum ports = csum_sub(dnat_ports_sum(sport, dport),
				dnat_ports_sum(port[0], port[1]));
	struct udphdr *uh;

	port[0] = sport;
	port[1] = dport;
	if (dnat_is_tcp(pkt)) {
		dnat_checksum_fix(pkt->skb, &dnat_tcp_hdr(pkt)->check, addrs,
				  ports);
		return;
	}
	uh = dnat_udp_hdr(pkt);
	if (!uh->check && pkt->skb->ip_summed != CHECKSUM_PARTIAL)
		return;
	dnat_checksum_fix(pkt->skb, &uh->check, addrs, ports);
	if (!uh->check)
		uh->check = CSUM_MANGLED_0;
}

/* Return: what the sum over both addresses has grown by */
static __wsum dnat_rewrite_addrs4(struct iphdr *iph, __be32 saddr,
				  __be32 daddr)
{
	__wsum diff;

	diff = csum_sub(csum_add((__force __wsum)saddr, (__force __wsum)daddr),
			csum_add((__force __wsum)iph->saddr,
				 (__force __wsum)iph->daddr));
	iph->saddr = saddr;
	iph->daddr = daddr;
	csum_replace_by_diff(&iph->check, diff);
	return diff;
}

static __wsum dnat_rewrite_addrs6(struct ipv6hdr *ip6h,
				  const struct in6_addr *saddr,
				  const struct in6_addr *daddr)
{
	__wsum old = csum_partial(&ip6h->saddr, 2 * sizeof(*saddr), 0);

	ip6h->saddr = *saddr;
	ip6h->daddr = *daddr;
	return csum_sub(csum_partial(&ip6h->saddr, 2 * sizeof(*saddr), 0), old);
}

/* Both ends of a packet, and its TTL: all there is to do in one pass. */
static void dnat_rewrite(const struct dnat_packet *pkt,
			 const struct dnat_conn *conn, bool in)
{
	const struct dnat_pool_key *key = &conn->pool->key;
	const union nf_inet_addr *to = in ? &key->bip : &conn->client;
	__wsum addrs;

	if (pkt->vip.l3num == NFPROTO_IPV4) {
		struct iphdr *iph = ip_hdr(pkt->skb);

		addrs = dnat_rewrite_addrs4(iph, key->vip.ip, to->ip);
		ip_decrease_ttl(iph);
		if (READ_ONCE(pkt->state->net->ipv4.sysctl_ip_fwd_update_priority))
			pkt->skb->priority = rt_tos2priority(iph->tos);
	} else {
		struct ipv6hdr *ip6h = ipv6_hdr(pkt->skb);

		addrs = dnat_rewrite_addrs6(ip6h, &key->vip.in6, &to->in6);
		ip6h->hop_limit--;
	}

	if (in)
		dnat_rewrite_ports(pkt, htons(conn->vdport), key->bport, addrs);
	else
		dnat_rewrite_ports(pkt, conn->vport, conn->cport, addrs);
}

/* Return: whether the packet may be written to, and there is room before it */
static bool dnat_packet_own(const struct dnat_packet *pkt,
			    const struct dst_entry *dst)
{
	struct sk_buff *skb = pkt->skb;
	unsigned int len = pkt->thoff;

	len += dnat_is_tcp(pkt) ? dnat_tcp_hdr(pkt)->doff * 4 :
				  sizeof(struct udphdr);
	return !skb_cow_head(skb, LL_RESERVED_SPACE(dst->dev)) &&
	       !skb_ensure_writable(skb, len);
}

static bool dnat_track(const struct dnat_packet *pkt, struct dnat_conn *conn,
		       enum ip_conntrack_info ctinfo)
{
	struct nf_conn *ct = conn->ct;

	if (dnat_is_tcp(pkt)) {
		if (!dnat_track_tcp(ct, ctinfo, pkt->skb, pkt->thoff,
				    dnat_tcp_hdr(pkt)))
			return false;
	} else {
		dnat_track_udp(ct, ctinfo, pkt->skb);
	}
	dnat_reclaim_update(conn);
	if (nf_ct_ecache_exist(ct))
		nf_ct_deliver_cached_events(ct);
	return true;
}

/* Return: DNAT_STAT_FAST and the packet is gone; or why it has to go the slow
 * way, and nothing has happened
 */
static enum dnat_stat dnat_forward(struct dnat_net *dn, struct dnat_vip *vip,
				   const struct dnat_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;
	enum ip_conntrack_info ctinfo;
	struct dnat_conn *conn;
	struct dst_entry *dst;
	enum dnat_stat stat;
	bool in;

	stat = dnat_is_tcp(pkt) ? dnat_check_tcp(pkt) : dnat_check_udp(pkt);
	if (stat != DNAT_STAT_FAST)
		return stat;

	conn = dnat_packet_conn(dn, vip, pkt, &ctinfo);
	if (!conn || !dnat_conn_ready(conn))
		return DNAT_STAT_SLOW_NEW;
	if (!conn->fast)
		return DNAT_STAT_SLOW_OFF;

	dst = dnat_way_dst(&conn->way[CTINFO2DIR(ctinfo)], pkt->state->in);
	if (!dst)
		return DNAT_STAT_SLOW_ROUTE;
	if (!dnat_way_fits(dst, skb, pkt->vip.l3num))
		return DNAT_STAT_SLOW_SIZE;
	if (!dnat_checksum_right(pkt) || !dnat_packet_own(pkt, dst))
		return DNAT_STAT_SLOW_HEADER;
	if (!dnat_track(pkt, conn, ctinfo))
		return DNAT_STAT_SLOW_STATE;

	in = CTINFO2DIR(ctinfo) == IP_CT_DIR_ORIGINAL;
	dnat_rewrite(pkt, conn, in);
	skb_forward_csum(skb);
	if (unlikely(test_bit(IPS_SEQ_ADJUST_BIT, &conn->ct->status)) &&
	    !nf_ct_seq_adjust(skb, conn->ct, ctinfo, pkt->thoff)) {
		kfree_skb(skb);
		return DNAT_STAT_FAST;
	}
	dnat_way_send(dst, skb, pkt->vip.l3num);
	return DNAT_STAT_FAST;
}

static unsigned int dnat_forward_count(const struct dnat_net *dn,
				       enum dnat_stat stat)
{
	dnat_stat_inc(dn, stat);
	return stat == DNAT_STAT_FAST ? NF_STOLEN : NF_ACCEPT;
}

/* A frame that a device has merged without saying how to cut it again. */
static bool dnat_is_lro(const struct sk_buff *skb)
{
	return skb_is_gso(skb) && !skb_shinfo(skb)->gso_type;
}

static unsigned int dnat_forward4(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct dnat_net *dn = dnat_pernet(state->net);
	const struct iphdr *iph = ip_hdr(skb);
	struct dnat_packet pkt = {
		.skb = skb,
		.state = state,
		.vip = {
			.addr.all = { (__force u32)iph->daddr },
			.l3num = NFPROTO_IPV4,
			.l4proto = iph->protocol,
		},
		.saddr.all = { (__force u32)iph->saddr },
		.thoff = sizeof(*iph),
	};
	struct dnat_vip *vip;

	if (!dnat_forward_wanted(dn, skb, state))
		return NF_ACCEPT;
	vip = dnat_vip_find(&dn->vdports.vips, &pkt.vip);
	if (!vip)
		return NF_ACCEPT;

	if (iph->ihl != 5 || ip_is_fragment(iph) || dnat_is_lro(skb))
		return dnat_forward_count(dn, DNAT_STAT_SLOW_HEADER);
	if (iph->ttl <= 1)
		return dnat_forward_count(dn, DNAT_STAT_SLOW_TTL);
	return dnat_forward_count(dn, dnat_forward(dn, vip, &pkt));
}

static unsigned int dnat_forward6(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct dnat_net *dn = dnat_pernet(state->net);
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	struct dnat_packet pkt = {
		.skb = skb,
		.state = state,
		.vip = {
			.addr.in6 = ip6h->daddr,
			.l3num = NFPROTO_IPV6,
			.l4proto = ip6h->nexthdr,
		},
		.saddr.in6 = ip6h->saddr,
		.thoff = sizeof(*ip6h),
	};
	struct dnat_vip *vip;

	if (!dnat_forward_wanted(dn, skb, state))
		return NF_ACCEPT;
	vip = dnat_vip_find(&dn->vdports.vips, &pkt.vip);
	if (!vip)
		return NF_ACCEPT;

	if (dnat_is_lro(skb))
		return dnat_forward_count(dn, DNAT_STAT_SLOW_HEADER);
	if (ip6h->hop_limit <= 1)
		return dnat_forward_count(dn, DNAT_STAT_SLOW_TTL);
	return dnat_forward_count(dn, dnat_forward(dn, vip, &pkt));
}

static const struct nf_hook_ops dnat_forward_ops[] = {
	{
		.hook = dnat_forward4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_CONNTRACK - 1,
	},
	{
		.hook = dnat_forward6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_CONNTRACK - 1,
	},
};

static int __net_init dnat_forward_net_init(struct net *net)
{
	return nf_register_net_hooks(net, dnat_forward_ops,
				     ARRAY_SIZE(dnat_forward_ops));
}

static void __net_exit dnat_forward_net_pre_exit(struct net *net)
{
	nf_unregister_net_hooks(net, dnat_forward_ops,
				ARRAY_SIZE(dnat_forward_ops));
}

static struct pernet_operations dnat_forward_net_ops = {
	.init = dnat_forward_net_init,
	.pre_exit = dnat_forward_net_pre_exit,
};

int dnat_forward_setup(void)
{
	return register_pernet_subsys(&dnat_forward_net_ops);
}

void dnat_forward_teardown(void)
{
	unregister_pernet_subsys(&dnat_forward_net_ops);
}
