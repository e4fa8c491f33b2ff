// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one-lookup path (paper, 3.1 steps 4-6): the module rewrites and forwards
 * packets of connections that conntrack and nf_nat have set up, at prerouting,
 * before conntrack sees them.
 *
 * Packets that this path does not fully understand take the slow path
 * (conntrack and nf_nat), unchanged.
 */
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_ecache.h>
#include <net/netfilter/nf_conntrack_seqadj.h>
#include <net/xfrm.h>

#include "dnat.h"
#include "forward.h"
#include "packet.h"
#include "reclaim.h"
#include "table.h"
#include "track.h"

/* Is the path on, and may the packet take it?  Packets for IPsec, on a bridge,
 * or with a socket, route or conntrack already may not.  Nor may packets that a
 * process reinjects from NFQUEUE: bottom halves are enabled then, and the locks
 * that this path takes need them disabled.
 */
static __always_inline bool dnat_forward_on(const struct dnat_net *dn,
					    const struct sk_buff *skb,
					    const struct nf_hook_state *state)
{
#ifdef CONFIG_XFRM
	const struct net *net = state->net;

	if (unlikely(net->xfrm.policy_count[XFRM_POLICY_FWD] ||
		     net->xfrm.policy_count[XFRM_POLICY_OUT] ||
		     secpath_exists(skb)))
		return false;
#endif
	return READ_ONCE(dn->fast) && in_softirq() &&
	       skb->pkt_type == PACKET_HOST &&
	       !skb->_nfct && !skb_dst(skb) && !skb->sk &&
	       !nf_bridge_in_prerouting(skb);
}

/* Check the checksum if conntrack would (sysctl nf_conntrack_checksum).  UDP
 * may have none (RFC 768, RFC 6935).
 */
static __always_inline bool dnat_checksum_right(const struct dnat_packet *pkt)
{
	if (skb_csum_unnecessary(pkt->skb) ||
	    !pkt->state->net->ct.sysctl_checksum ||
	    (!dnat_is_tcp(pkt) && !dnat_udp_hdr(pkt)->check))
		return true;
	return !nf_checksum(pkt->skb, NF_INET_PRE_ROUTING, pkt->thoff,
			    pkt->l4proto, pkt->l3num);
}

static __always_inline enum dnat_stat
dnat_check_tcp(const struct dnat_packet *pkt)
{
	const struct tcphdr *th;
	unsigned int len;

	if (!pskb_may_pull(pkt->skb, pkt->thoff + sizeof(*th)))
		return DNAT_STAT_SLOW_HEADER;
	th = dnat_tcp_hdr(pkt);
	/* SYN with FIN or URG is invalid for conntrack */
	if (th->rst || !th->ack || (th->syn && (th->fin || th->urg)))
		return DNAT_STAT_SLOW_FLAGS;
	len = th->doff * 4;
	if (len < sizeof(*th) || !pskb_may_pull(pkt->skb, pkt->thoff + len))
		return DNAT_STAT_SLOW_HEADER;
	return DNAT_STAT_FAST;
}

static __always_inline enum dnat_stat
dnat_check_udp(const struct dnat_packet *pkt)
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

static __always_inline struct dnat_way *
dnat_packet_find(struct dnat_net *dn, const struct dnat_packet *pkt)
{
	/* both protocols' headers start with the ports */
	const __be16 *port = (const __be16 *)(pkt->skb->data + pkt->thoff);
	struct dnat_tuple tuple = {
		.sport = port[0],
		.dport = port[1],
		.l3num = pkt->l3num,
		.l4proto = pkt->l4proto,
	};

	if (pkt->l3num == NFPROTO_IPV4) {
		tuple.saddr = &ip_hdr(pkt->skb)->saddr;
		tuple.daddr = &ip_hdr(pkt->skb)->daddr;
	} else {
		tuple.saddr = &ipv6_hdr(pkt->skb)->saddr;
		tuple.daddr = &ipv6_hdr(pkt->skb)->daddr;
	}
	return dnat_table_find(dn, &tuple);
}

/* Is the connection confirmed and alive?  Of two that clash, IPS_NAT_CLASH
 * marks the one that conntrack does not use.
 */
static __always_inline bool dnat_conn_ready(const struct dnat_conn *conn,
					    unsigned long status)
{
	return (status & (IPS_CONFIRMED | IPS_DYING | IPS_NAT_CLASH)) ==
	       IPS_CONFIRMED && !nf_ct_is_expired(conn->ct);
}

/* Make the headers writable, with room for the device's header before them.
 *
 * Return: false without memory
 */
static __always_inline bool dnat_packet_own(const struct dnat_packet *pkt,
					    const struct dst_entry *dst)
{
	unsigned int room = LL_RESERVED_SPACE(dst->dev);
	struct sk_buff *skb = pkt->skb;
	unsigned int len = pkt->thoff;

	if (likely(!skb->cloned && skb_headroom(skb) >= room))
		return true;
	len += dnat_is_tcp(pkt) ? dnat_tcp_hdr(pkt)->doff * 4 :
				  sizeof(struct udphdr);
	return !skb_cow_head(skb, room) && !skb_ensure_writable(skb, len);
}

/* Rewrite and send the packet.  conntrack's state is updated already, so the
 * packet must not take the slow path from here on.
 */
static __always_inline void dnat_send(const struct dnat_packet *pkt,
				      struct dnat_conn *conn,
				      enum ip_conntrack_info ctinfo,
				      struct dst_entry *dst)
{
	struct nf_conn *ct = conn->ct;
	struct sk_buff *skb = pkt->skb;

	dnat_count_packet(conn->count, CTINFO2DIR(ctinfo), skb->len);
	dnat_reclaim_update(conn);
	if (nf_ct_ecache_exist(ct))
		nf_ct_deliver_cached_events(ct);

	dnat_rewrite(pkt, conn, CTINFO2DIR(ctinfo) == IP_CT_DIR_ORIGINAL);
	skb_forward_csum(skb);
	if (unlikely(test_bit(IPS_SEQ_ADJUST_BIT, &ct->status)) &&
	    !nf_ct_seq_adjust(skb, ct, ctinfo, pkt->thoff))
		kfree_skb(skb);
	else
		dnat_way_send(dst, skb, pkt->l3num);
}

static unsigned int dnat_forward4(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state);

/* The hooks at prerouting that NAT needs: defragmentation, ours, conntrack's
 * and nf_nat's.
 */
#define DNAT_HOOKS_PREROUTING 4

/* Are there no other hooks at prerouting?  A kernel may have one fewer, so the
 * number alone does not tell: ours must be followed by two.  A hook before ours
 * has seen the packet already.
 */
static bool dnat_forward_alone(const struct net *net)
{
	const struct nf_hook_entries *hooks;
	unsigned int n;

	hooks = rcu_dereference(net->nf.hooks_ipv4[NF_INET_PRE_ROUTING]);
	n = hooks ? hooks->num_hook_entries : 0;
	return n >= 3 && n <= DNAT_HOOKS_PREROUTING &&
	       hooks->hooks[n - 3].hook == dnat_forward4;
}

/* May a rule on the slow path change the first answer?  A rule may change what
 * is negotiated when a connection starts, such as the MSS.  Later packets have
 * nothing of that kind.
 */
static bool dnat_start_is_ruled(const struct net *net)
{
	const struct nf_hook_entries *hooks;

	hooks = rcu_dereference(net->nf.hooks_ipv4[NF_INET_FORWARD]);
	return (hooks && hooks->num_hook_entries) || !dnat_forward_alone(net) ||
	       !dnat_nat_alone(net);
}

/* Forward the backend's first answer.  No packet of this direction was
 * forwarded yet, so the route is looked up here.  IPv4 only.
 *
 * Return: as for dnat_forward(); @slow if rules or conntrack must see it
 */
static enum dnat_stat dnat_forward_first(const struct dnat_packet *pkt,
					 struct dnat_way *way,
					 enum dnat_stat slow)
{
	struct dnat_conn *conn = dnat_way_conn(way);
	unsigned long status = READ_ONCE(conn->ct->status);
	struct sk_buff *skb = pkt->skb;
	struct dst_entry *dst;

	if (pkt->l3num != NFPROTO_IPV4 ||
	    dnat_way_dir(way) != IP_CT_DIR_REPLY || status & IPS_SEEN_REPLY ||
	    !dnat_conn_ready(conn, status) ||
	    dnat_start_is_ruled(pkt->state->net))
		return slow;
	if (!conn->fast)
		return DNAT_STAT_SLOW_OFF;
	if (!dnat_checksum_right(pkt))
		return DNAT_STAT_SLOW_HEADER;

	dst = dnat_way_route(way, &conn->ct->lock, skb, pkt->state,
			     NFPROTO_IPV4, &conn->client, conn->cport);
	if (!dst)
		return DNAT_STAT_SLOW_ROUTE;
	if (!dnat_way_fits(dst, skb, pkt->l3num))
		return DNAT_STAT_SLOW_SIZE;
	if (!dnat_packet_own(pkt, dst))
		return DNAT_STAT_SLOW_HEADER;
	if (!dnat_is_tcp(pkt))
		dnat_track_udp(conn->ct, IP_CT_ESTABLISHED_REPLY, skb);
	else if (!dnat_track_synack(conn->ct, skb, pkt->thoff,
				    dnat_tcp_hdr(pkt)))
		return DNAT_STAT_SLOW_STATE;
	dnat_send(pkt, conn, IP_CT_ESTABLISHED_REPLY, dst);
	return DNAT_STAT_FAST;
}

static noinline struct dst_entry *dnat_forward_renew(const struct dnat_packet *pkt,
						     struct dnat_way *way,
						     u8 l3num)
{
	struct dnat_conn *conn = dnat_way_conn(way);
	const struct dnat_pool_key *key = &conn->pool->key;
	bool in = dnat_way_dir(way) == IP_CT_DIR_ORIGINAL;

	return dnat_way_renew(way, &conn->ct->lock, pkt->skb, pkt->state, l3num,
			      in ? &key->bip : &conn->client,
			      in ? key->bport : conn->cport);
}

/* Return: DNAT_STAT_FAST if the packet was consumed; otherwise the reason for
 * the slow path, and the packet and all state are unchanged
 */
static __always_inline enum dnat_stat
dnat_forward(struct dnat_net *dn, const struct dnat_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;
	enum ip_conntrack_info ctinfo;
	enum ip_conntrack_dir dir;
	struct dnat_conn *conn;
	struct dst_entry *dst;
	struct dnat_way *way;
	enum dnat_stat stat;
	unsigned long status;
	bool heard;

	stat = dnat_is_tcp(pkt) ? dnat_check_tcp(pkt) : dnat_check_udp(pkt);
	if (stat != DNAT_STAT_FAST)
		return stat;

	way = dnat_packet_find(dn, pkt);
	if (!way)
		return DNAT_STAT_SLOW_NEW;
	if (dnat_is_tcp(pkt) && dnat_tcp_hdr(pkt)->syn)
		return dnat_forward_first(pkt, way, DNAT_STAT_SLOW_FLAGS);

	dir = dnat_way_dir(way);
	conn = dnat_way_conn(way);
	prefetchw(&conn->ct->lock);
	prefetchw(&conn->ct->proto.tcp.seen[1]);
	status = READ_ONCE(conn->ct->status);
	if (!dnat_conn_ready(conn, status))
		return DNAT_STAT_SLOW_NEW;
	heard = status & IPS_SEEN_REPLY;
	if (!heard && dnat_is_tcp(pkt))
		return DNAT_STAT_SLOW_NEW;
	if (!heard && dir == IP_CT_DIR_REPLY)
		return dnat_forward_first(pkt, way, DNAT_STAT_SLOW_NEW);
	if (!conn->fast)
		return DNAT_STAT_SLOW_OFF;

	dst = dnat_way_dst(way, dir, skb, pkt->state, pkt->l3num) ?:
	      dnat_forward_renew(pkt, way, pkt->l3num);
	if (!dst)
		return DNAT_STAT_SLOW_ROUTE;
	if (!dnat_way_fits(dst, skb, pkt->l3num))
		return DNAT_STAT_SLOW_SIZE;
	if (!dnat_checksum_right(pkt) || !dnat_packet_own(pkt, dst))
		return DNAT_STAT_SLOW_HEADER;

	if (dir == IP_CT_DIR_REPLY)
		ctinfo = IP_CT_ESTABLISHED_REPLY;
	else
		ctinfo = heard ? IP_CT_ESTABLISHED : IP_CT_NEW;
	if (!dnat_is_tcp(pkt))
		dnat_track_udp(conn->ct, ctinfo, skb);
	else if (!dnat_track_tcp(conn->ct, ctinfo, skb, pkt->thoff,
				 dnat_tcp_hdr(pkt)))
		return DNAT_STAT_SLOW_STATE;
	dnat_send(pkt, conn, ctinfo, dst);
	return DNAT_STAT_FAST;
}

/* Count a packet that takes the slow path, if it is for a VIP. */
static noinline unsigned int dnat_slow(struct dnat_net *dn,
				       const union nf_inet_addr *daddr,
				       u8 l3num, u8 l4proto,
				       enum dnat_stat stat)
{
	const struct dnat_vip_key vip = {
		.addr = *daddr,
		.l3num = l3num,
		.l4proto = l4proto,
	};

	if (dnat_vip_find(&dn->vdports.vips, &vip))
		dnat_stat_inc_bh(dn, stat);
	return NF_ACCEPT;
}

/* Four functions, one for each case, with everything inline but the table's
 * lookup, whose call has no measurable cost.  This saves a tenth of the cycles.
 * noinline for UDP makes the compiler inline TCP into the hook: another 3 %.
 */
static __always_inline enum dnat_stat
dnat_forward_l4(struct dnat_net *dn, struct sk_buff *skb,
		const struct nf_hook_state *state, u8 l3num, u8 l4proto)
{
	const struct dnat_packet pkt = {
		.skb = skb,
		.state = state,
		.thoff = l3num == NFPROTO_IPV4 ? sizeof(struct iphdr) :
						 sizeof(struct ipv6hdr),
		.l3num = l3num,
		.l4proto = l4proto,
	};

	return dnat_forward(dn, &pkt);
}

static __flatten enum dnat_stat
dnat_forward_tcp4(struct dnat_net *dn, struct sk_buff *skb,
		  const struct nf_hook_state *state)
{
	return dnat_forward_l4(dn, skb, state, NFPROTO_IPV4, IPPROTO_TCP);
}

static noinline __flatten enum dnat_stat
dnat_forward_udp4(struct dnat_net *dn, struct sk_buff *skb,
		  const struct nf_hook_state *state)
{
	return dnat_forward_l4(dn, skb, state, NFPROTO_IPV4, IPPROTO_UDP);
}

static __flatten enum dnat_stat
dnat_forward_tcp6(struct dnat_net *dn, struct sk_buff *skb,
		  const struct nf_hook_state *state)
{
	return dnat_forward_l4(dn, skb, state, NFPROTO_IPV6, IPPROTO_TCP);
}

static noinline __flatten enum dnat_stat
dnat_forward_udp6(struct dnat_net *dn, struct sk_buff *skb,
		  const struct nf_hook_state *state)
{
	return dnat_forward_l4(dn, skb, state, NFPROTO_IPV6, IPPROTO_UDP);
}

/* Was the packet merged by a device (LRO)?  Then it cannot be segmented. */
static bool dnat_is_lro(const struct sk_buff *skb)
{
	return skb_is_gso(skb) && !skb_shinfo(skb)->gso_type;
}

static unsigned int dnat_forward4(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct dnat_net *dn = dnat_pernet(state->net);
	const struct iphdr *iph = ip_hdr(skb);
	u8 l4proto = iph->protocol;
	union nf_inet_addr daddr;
	enum dnat_stat stat;

	if (!dnat_vip_maybe(&dn->vdports.vips, dnat_vip_filter4(iph->daddr)) ||
	    !dnat_forward_on(dn, skb, state))
		return NF_ACCEPT;

	daddr = (union nf_inet_addr){ .all = { (__force u32)iph->daddr } };
	/* a reassembled packet must be fragmented again as it was */
	if (iph->ihl != 5 || ip_is_fragment(iph) || IPCB(skb)->frag_max_size ||
	    dnat_is_lro(skb))
		stat = DNAT_STAT_SLOW_HEADER;
	else if (iph->ttl <= 1)
		stat = DNAT_STAT_SLOW_TTL;
	else if (l4proto == IPPROTO_TCP)
		stat = dnat_forward_tcp4(dn, skb, state);
	else if (l4proto == IPPROTO_UDP)
		stat = dnat_forward_udp4(dn, skb, state);
	else
		return NF_ACCEPT;

	if (stat != DNAT_STAT_FAST)
		return dnat_slow(dn, &daddr, NFPROTO_IPV4, l4proto, stat);
	dnat_stat_inc_bh(dn, DNAT_STAT_FAST);
	return NF_STOLEN;
}

static unsigned int dnat_forward6(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct dnat_net *dn = dnat_pernet(state->net);
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	u8 l4proto = ip6h->nexthdr;
	union nf_inet_addr daddr;
	enum dnat_stat stat;

	if (!dnat_vip_maybe(&dn->vdports.vips,
			    dnat_vip_filter6(&ip6h->daddr)) ||
	    !dnat_forward_on(dn, skb, state))
		return NF_ACCEPT;

	/* for IPv4, the route lookup checks this */
	if (!READ_ONCE(state->net->ipv6.devconf_all->forwarding))
		return NF_ACCEPT;

	daddr.in6 = ip6h->daddr;
	if (IP6CB(skb)->frag_max_size || dnat_is_lro(skb))
		stat = DNAT_STAT_SLOW_HEADER;
	else if (ip6h->hop_limit <= 1)
		stat = DNAT_STAT_SLOW_TTL;
	else if (l4proto == IPPROTO_TCP)
		stat = dnat_forward_tcp6(dn, skb, state);
	else if (l4proto == IPPROTO_UDP)
		stat = dnat_forward_udp6(dn, skb, state);
	else
		return NF_ACCEPT;

	if (stat != DNAT_STAT_FAST)
		return dnat_slow(dn, &daddr, NFPROTO_IPV6, l4proto, stat);
	dnat_stat_inc_bh(dn, DNAT_STAT_FAST);
	return NF_STOLEN;
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
