// SPDX-License-Identifier: GPL-2.0-only
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>

#include "packet.h"

static u8 *packet_tcp_flags(struct tcphdr *th)
{
	return (u8 *)th + 13;
}

static unsigned int packet_header_len(u8 l4proto)
{
	return l4proto == IPPROTO_TCP ? sizeof(struct tcphdr) :
					sizeof(struct udphdr);
}

static __sum16 packet_l4_csum(const struct iphdr *iph, unsigned int len)
{
	return csum_tcpudp_magic(iph->saddr, iph->daddr, len, iph->protocol,
				 csum_partial(iph + 1, len, 0));
}

static void packet_put_ip(struct sk_buff *skb,
			  const struct bench_packet *packet, unsigned int len)
{
	struct iphdr *iph = skb_put_zero(skb, sizeof(*iph));

	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tot_len = htons(sizeof(*iph) + len);
	iph->frag_off = htons(IP_DF);
	iph->ttl = BENCH_TTL;
	iph->protocol = packet->l4proto;
	iph->saddr = packet->saddr;
	iph->daddr = packet->daddr;
	ip_send_check(iph);
}

static void packet_put_tcp(struct sk_buff *skb,
			   const struct bench_packet *packet)
{
	struct tcphdr *th = skb_put_zero(skb, sizeof(*th));

	th->source = packet->sport;
	th->dest = packet->dport;
	th->seq = htonl(packet->seq);
	th->ack_seq = htonl(packet->ack);
	th->doff = sizeof(*th) / 4;
	*packet_tcp_flags(th) = packet->flags;
	th->window = htons(64000);
}

static void packet_put_udp(struct sk_buff *skb,
			   const struct bench_packet *packet)
{
	struct udphdr *uh = skb_put_zero(skb, sizeof(*uh));

	uh->source = packet->sport;
	uh->dest = packet->dport;
	uh->len = htons(sizeof(*uh) + packet->len);
}

/**
 * bench_packet_build - the frame of a packet, ready for netif_receive_skb()
 * @dev: whose wire it came from
 * @packet: what is to be in it
 *
 * Its checksums are right, and taken for checked, as from any network card.
 *
 * Return: NULL without memory
 */
struct sk_buff *bench_packet_build(struct net_device *dev,
				   const struct bench_packet *packet)
{
	static const u8 neighbour[ETH_ALEN] = { 2, 0, 0, 0, 0, 0xfe };
	unsigned int len = packet_header_len(packet->l4proto) + packet->len;
	struct sk_buff *skb;
	struct ethhdr *eth;
	struct iphdr *iph;
	__sum16 csum;

	skb = netdev_alloc_skb_ip_align(dev, ETH_HLEN + sizeof(*iph) + len);
	if (!skb)
		return NULL;

	eth = skb_put(skb, sizeof(*eth));
	ether_addr_copy(eth->h_dest, dev->dev_addr);
	ether_addr_copy(eth->h_source, neighbour);
	eth->h_proto = htons(ETH_P_IP);
	packet_put_ip(skb, packet, len);
	if (packet->l4proto == IPPROTO_TCP)
		packet_put_tcp(skb, packet);
	else
		packet_put_udp(skb, packet);
	skb_put_zero(skb, packet->len);

	iph = (struct iphdr *)(eth + 1);
	csum = packet_l4_csum(iph, len);
	if (packet->l4proto == IPPROTO_TCP)
		((struct tcphdr *)(iph + 1))->check = csum;
	else
		((struct udphdr *)(iph + 1))->check = csum ?: CSUM_MANGLED_0;

	skb->protocol = eth_type_trans(skb, dev);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}

static bool packet_csum_ok(const struct iphdr *iph, unsigned int len)
{
	if (ip_fast_csum(iph, iph->ihl))
		return false;
	if (iph->protocol == IPPROTO_UDP &&
	    !((const struct udphdr *)(iph + 1))->check)
		return false;
	return !packet_l4_csum(iph, len);
}

/**
 * bench_packet_parse - what is in a frame that was sent
 * @skb: as ndo_start_xmit() has it
 * @verify: look at all of its checksums as well
 * @packet: filled in
 *
 * Return: 0, -EBADMSG with a wrong checksum, -EPROTO for a packet of a kind
 *	that we never sent
 */
int bench_packet_parse(const struct sk_buff *skb, bool verify,
		       struct bench_packet *packet)
{
	struct iphdr *iph = (void *)(skb->data + ETH_HLEN);
	struct tcphdr *th = (void *)(iph + 1);
	const struct udphdr *uh = (const void *)(iph + 1);
	unsigned int len, header;

	if (skb->protocol != htons(ETH_P_IP) ||
	    skb_headlen(skb) < ETH_HLEN + sizeof(*iph) || iph->ihl != 5 ||
	    (iph->protocol != IPPROTO_TCP && iph->protocol != IPPROTO_UDP))
		return -EPROTO;
	header = packet_header_len(iph->protocol);
	len = ntohs(iph->tot_len) - sizeof(*iph);
	if (skb_headlen(skb) < ETH_HLEN + sizeof(*iph) + len || len < header)
		return -EPROTO;
	if (verify && !packet_csum_ok(iph, len))
		return -EBADMSG;

	*packet = (struct bench_packet) {
		.saddr = iph->saddr,
		.daddr = iph->daddr,
		.sport = uh->source,
		.dport = uh->dest,
		.len = len - header,
		.l4proto = iph->protocol,
		.ttl = iph->ttl,
	};
	if (iph->protocol == IPPROTO_TCP) {
		packet->seq = ntohl(th->seq);
		packet->ack = ntohl(th->ack_seq);
		packet->flags = *packet_tcp_flags(th);
	}
	return 0;
}
