/* SPDX-License-Identifier: GPL-2.0-only */
/* A packet that forward.c handles; rewriting its addresses and ports. */
#ifndef DNAT_PACKET_H
#define DNAT_PACKET_H

#include <linux/netfilter.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/tcp.h>
#include <net/udp.h>

#include "conn.h"

/* All but @skb and @state are compile-time constants.  There are four cases:
 * IPv4 or IPv6, with TCP or UDP.  The functions here are inline so that the
 * compiler makes one version for each case.
 */
struct dnat_packet {
	struct sk_buff *skb;
	const struct nf_hook_state *state;
	unsigned int thoff;	/* offset of the TCP or UDP header */
	u8 l3num;		/* NFPROTO_IPV4 or NFPROTO_IPV6 */
	u8 l4proto;		/* IPPROTO_TCP or IPPROTO_UDP */
};

static __always_inline struct tcphdr *dnat_tcp_hdr(const struct dnat_packet *pkt)
{
	return (struct tcphdr *)(pkt->skb->data + pkt->thoff);
}

static __always_inline struct udphdr *dnat_udp_hdr(const struct dnat_packet *pkt)
{
	return (struct udphdr *)(pkt->skb->data + pkt->thoff);
}

static __always_inline bool dnat_is_tcp(const struct dnat_packet *pkt)
{
	return pkt->l4proto == IPPROTO_TCP;
}

/* The checksum of two ports in network byte order. */
static inline __wsum dnat_ports_sum(__be16 a, __be16 b)
{
	return (__force __wsum)((__force u32)a + (__force u32)b);
}

/* Update a transport checksum by the differences of the addresses and of the
 * ports.  With CHECKSUM_PARTIAL it covers the addresses only; the device adds
 * the rest.
 */
static __always_inline void dnat_checksum_fix(const struct sk_buff *skb,
					      __sum16 *check, __wsum addrs,
					      __wsum ports)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		*check = ~csum_fold(csum_add(addrs, csum_unfold(*check)));
	else
		csum_replace_by_diff(check, csum_add(addrs, ports));
}

static __always_inline void dnat_rewrite_ports(const struct dnat_packet *pkt,
					       __be16 sport, __be16 dport,
					       __wsum addrs)
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

/* Return: the difference of the checksum over both addresses */
static inline __wsum dnat_rewrite_addrs4(struct iphdr *iph, __be32 saddr,
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

static inline __wsum dnat_rewrite_addrs6(struct ipv6hdr *ip6h,
				  const struct in6_addr *saddr,
				  const struct in6_addr *daddr)
{
	__wsum old = csum_partial(&ip6h->saddr, 2 * sizeof(*saddr), 0);

	ip6h->saddr = *saddr;
	ip6h->daddr = *daddr;
	return csum_sub(csum_partial(&ip6h->saddr, 2 * sizeof(*saddr), 0), old);
}

/* Rewrite addresses and ports (both NATs at once), and decrement the TTL or
 * hop limit.
 */
static __always_inline void dnat_rewrite(const struct dnat_packet *pkt,
					 const struct dnat_conn *conn, bool in)
{
	const struct dnat_pool_key *key = &conn->pool->key;
	const union nf_inet_addr *to = in ? &key->bip : &conn->client;
	__wsum addrs;

	if (pkt->l3num == NFPROTO_IPV4) {
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

#endif /* DNAT_PACKET_H */
