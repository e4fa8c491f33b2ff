// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP resets to the ends of a connection, each as if from the other end.
 *
 * An end accepts a reset only if its sequence number is exactly the next one
 * that the end expects (RFC 5961, 3.2).  conntrack knows two bounds of that
 * number: the end of the data that was forwarded to the end, and the highest
 * acknowledgement from it.  The first is right if no segment was lost after the
 * balancer; the second is right if the first unacknowledged segment was lost.
 * So two resets are sent, with the first number and then with the second, if
 * they differ.  An end that has accepted one ignores the other.
 */
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/netfilter/nf_conntrack_seqadj.h>
#include <net/route.h>
#include <net/tcp.h>

#include "help.h"
#include "reclaim.h"
#include "reset.h"

/* The resets to one end, with addresses, ports and numbers as it sees them. */
struct dnat_reset {
	struct net *net;
	struct dst_entry *dst;
	u8 l3num;
	int vrf;		/* interface index, 0: none */
	const union nf_inet_addr *saddr;
	const union nf_inet_addr *daddr;
	__be16 sport;
	__be16 dport;
	u32 seq;		/* host byte order, as all below */
	u32 acked;		/* the second number to try; may equal @seq */
	u32 ack;
	bool heard;		/* the end has sent a packet; @ack is valid */
};

/* Return: the difference between the sequence numbers that the sender of @dir
 * uses, which conntrack stores, and those that the receiver sees
 */
static u32 dnat_reset_offset(const struct nf_conn *ct,
			     enum ip_conntrack_dir dir)
{
	const struct nf_conn_seqadj *seqadj = nfct_seqadj(ct);

	return seqadj ? seqadj->seq[dir].offset_after : 0;
}

static void dnat_reset_numbers(struct dnat_reset *reset, struct nf_conn *ct,
			       enum ip_conntrack_dir dir)
{
	const struct ip_ct_tcp_state *sender = &ct->proto.tcp.seen[dir];
	const struct ip_ct_tcp_state *peer = &ct->proto.tcp.seen[!dir];
	u32 offset;

	spin_lock_bh(&ct->lock);
	offset = dnat_reset_offset(ct, dir);
	reset->heard = peer->td_maxwin;
	reset->ack = peer->td_end;
	/* In SYN-SENT an end checks only the ACK (RFC 9293, 3.10.7.3). */
	reset->seq = sender->td_maxwin ? sender->td_end + offset : 0;
	reset->acked = reset->seq;
	if (sender->td_maxwin && peer->flags & IP_CT_TCP_FLAG_MAXACK_SET &&
	    before(peer->td_maxack, sender->td_end))
		reset->acked = peer->td_maxack + offset;
	spin_unlock_bh(&ct->lock);
}

static void dnat_reset_ends(struct dnat_reset *reset,
			    const struct dnat_conn *conn,
			    enum ip_conntrack_dir dir)
{
	const struct dnat_pool_key *key = &conn->pool->key;

	reset->l3num = key->l3num;
	reset->vrf = dnat_help_vrf(conn->ct, dir);
	reset->saddr = &key->vip;
	if (dir == IP_CT_DIR_ORIGINAL) {
		reset->daddr = &key->bip;
		reset->sport = htons(conn->vdport);
		reset->dport = key->bport;
	} else {
		reset->daddr = &conn->client;
		reset->sport = conn->vport;
		reset->dport = conn->cport;
	}
}

static struct dst_entry *dnat_reset_route4(const struct dnat_reset *reset)
{
	struct flowi4 fl4 = {
		.saddr = reset->saddr->ip,
		.daddr = reset->daddr->ip,
		.flowi4_oif = reset->vrf,
		.fl4_sport = reset->sport,
		.fl4_dport = reset->dport,
		.flowi4_proto = IPPROTO_TCP,
		/* the VIP need not be an address of this machine */
		.flowi4_flags = FLOWI_FLAG_ANYSRC,
	};
	struct rtable *rt = ip_route_output_key(reset->net, &fl4);

	return IS_ERR(rt) ? NULL : &rt->dst;
}

static struct dst_entry *dnat_reset_route6(const struct dnat_reset *reset)
{
	struct flowi6 fl6 = {
		.saddr = reset->saddr->in6,
		.daddr = reset->daddr->in6,
		.flowi6_oif = reset->vrf,
		.fl6_sport = reset->sport,
		.fl6_dport = reset->dport,
		.flowi6_proto = IPPROTO_TCP,
	};
	struct dst_entry *dst = ip6_route_output(reset->net, NULL, &fl6);

	if (dst->error) {
		dst_release(dst);
		return NULL;
	}
	return dst;
}

static void dnat_reset_put_ip(const struct dnat_reset *reset,
			      struct sk_buff *skb)
{
	struct iphdr *iph = skb_push(skb, sizeof(*iph));

	*iph = (struct iphdr){
		.version = IPVERSION,
		.ihl = sizeof(*iph) / 4,
		.tot_len = htons(skb->len),
		.frag_off = htons(IP_DF),
		.ttl = ip4_dst_hoplimit(reset->dst),
		.protocol = IPPROTO_TCP,
		.saddr = reset->saddr->ip,
		.daddr = reset->daddr->ip,
	};
	ip_send_check(iph);
	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IP);
}

static void dnat_reset_put_ip6(const struct dnat_reset *reset,
			       struct sk_buff *skb)
{
	struct ipv6hdr *ip6h = skb_push(skb, sizeof(*ip6h));

	*ip6h = (struct ipv6hdr){
		.version = 6,
		.payload_len = htons(sizeof(struct tcphdr)),
		.nexthdr = IPPROTO_TCP,
		.hop_limit = ip6_dst_hoplimit(reset->dst),
		.saddr = reset->saddr->in6,
		.daddr = reset->daddr->in6,
	};
	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IPV6);
}

static void dnat_reset_put_tcp(const struct dnat_reset *reset,
			       struct sk_buff *skb, u32 seq)
{
	struct tcphdr *th = skb_put(skb, sizeof(*th));
	__wsum sum;

	*th = (struct tcphdr){
		.source = reset->sport,
		.dest = reset->dport,
		.seq = htonl(seq),
		.ack_seq = htonl(reset->heard ? reset->ack : 0),
		.doff = sizeof(*th) / 4,
		.rst = 1,
		.ack = reset->heard,
	};
	sum = csum_partial(th, sizeof(*th), 0);
	if (reset->l3num == NFPROTO_IPV4)
		th->check = tcp_v4_check(sizeof(*th), reset->saddr->ip,
					 reset->daddr->ip, sum);
	else
		th->check = tcp_v6_check(sizeof(*th), &reset->saddr->in6,
					 &reset->daddr->in6, sum);
	skb_reset_transport_header(skb);
}

static void dnat_reset_send_one(const struct dnat_reset *reset, u32 seq)
{
	unsigned int room = LL_RESERVED_SPACE(reset->dst->dev) +
			    sizeof(struct ipv6hdr);
	struct sk_buff *skb;

	skb = alloc_skb(room + sizeof(struct tcphdr),
			GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return;
	skb_reserve(skb, room);
	dnat_reset_put_tcp(reset, skb, seq);
	if (reset->l3num == NFPROTO_IPV4)
		dnat_reset_put_ip(reset, skb);
	else
		dnat_reset_put_ip6(reset, skb);
	skb_dst_set(skb, dst_clone(reset->dst));
	/* untracked: nf_nat must not rewrite it */
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	dst_output(reset->net, NULL, skb);
}

/**
 * dnat_reset_send_to - send a reset to one end of a TCP connection
 * @conn: about to be ended
 * @dir: IP_CT_DIR_ORIGINAL for the backend, IP_CT_DIR_REPLY for the client
 *
 * Without memory or a route, nothing is sent; the end then finds out with the
 * next packet that it sends.
 *
 * Context: softirq or process, under rcu_read_lock(), no locks held.
 */
void dnat_reset_send_to(struct dnat_conn *conn, enum ip_conntrack_dir dir)
{
	struct dnat_reset reset = { .net = nf_ct_net(conn->ct) };

	dnat_reset_ends(&reset, conn, dir);
	reset.dst = dnat_way_get(dir == IP_CT_DIR_ORIGINAL ? &conn->in :
							     &conn->out);
	if (!reset.dst)
		reset.dst = reset.l3num == NFPROTO_IPV4 ?
			    dnat_reset_route4(&reset) :
			    dnat_reset_route6(&reset);
	if (!reset.dst)
		return;
	dnat_reset_numbers(&reset, conn->ct, dir);
	dnat_reset_send_one(&reset, reset.seq);
	if (reset.acked != reset.seq)
		dnat_reset_send_one(&reset, reset.acked);
	dst_release(reset.dst);
}

/**
 * dnat_reset_send - send resets to both ends of a TCP connection
 * @conn: about to be ended; nothing is sent if it is UDP or closed
 *
 * Context: softirq or process, under rcu_read_lock(), no locks held.
 */
void dnat_reset_send(struct dnat_conn *conn)
{
	if (!dnat_conn_is_tcp(conn) ||
	    dnat_class_of(conn->ct) == DNAT_CLASS_CLOSED)
		return;
	dnat_reset_send_to(conn, IP_CT_DIR_ORIGINAL);
	dnat_reset_send_to(conn, IP_CT_DIR_REPLY);
}
