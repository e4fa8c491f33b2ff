// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that no sane host sends: those of open connections, with something
 * about them that is wrong.  Whatever comes of one is fine, as long as nobody
 * writes where he must not.
 */
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/prandom.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>

#include "conn.h"
#include "fuzz.h"
#include "packet.h"
#include "wire.h"

#define HEADERS (sizeof(struct iphdr) + sizeof(struct tcphdr))
#define GSO_LEN 4000
#define GSO_SIZE 1448

static struct rnd_state rnd;

static u32 below(u32 limit)
{
	return prandom_u32_state(&rnd) % limit;
}

/* One field of a TCP packet, all of which is linear, to something it may have
 * been meant to be.
 */
static void fuzz_field(struct sk_buff *skb)
{
	struct iphdr *iph = (struct iphdr *)skb->data;
	struct tcphdr *th = (struct tcphdr *)(iph + 1);

	switch (below(12)) {
	case 0:
		iph->ttl = below(3);
		break;
	case 1:
		iph->frag_off = htons(below(2) ? IP_MF | below(4) : below(65536));
		break;
	case 2:
		iph->tot_len = htons(below(skb->len + 64));
		break;
	case 3:
		iph->ihl = below(16);
		break;
	case 4:
		iph->protocol = below(2) ? IPPROTO_UDP : below(256);
		break;
	case 5:
		iph->tos = below(256);
		break;
	case 6:
		swap(iph->saddr, iph->daddr);
		break;
	case 7:
		swap(th->source, th->dest);
		break;
	case 8:
		th->seq = htonl(ntohl(th->seq) + (1U << below(32)));
		break;
	case 9:
		th->ack_seq = htonl(ntohl(th->ack_seq) + (1U << below(32)));
		break;
	case 10:
		th->doff = below(16);
		break;
	default:
		((u8 *)th)[13] = below(256);
	}
}

static void fuzz_bits(struct sk_buff *skb, unsigned int bytes)
{
	unsigned int n, bit;

	for (n = 1 + below(4); n; n--) {
		bit = below(min(bytes, skb->len) * 8);
		skb->data[bit / 8] ^= 1 << bit % 8;
	}
}

/* The checksums of what has become of a packet, as far as it has any. */
static void fuzz_checksums(struct sk_buff *skb)
{
	struct iphdr *iph = (struct iphdr *)skb->data;
	unsigned int header = iph->ihl * 4, len;
	__sum16 *check;

	if (iph->ihl < 5 || header > skb->len)
		return;
	ip_send_check(iph);
	len = skb->len - header;
	if (iph->protocol == IPPROTO_TCP && len >= sizeof(struct tcphdr))
		check = &((struct tcphdr *)(skb->data + header))->check;
	else if (iph->protocol == IPPROTO_UDP && len >= sizeof(struct udphdr))
		check = &((struct udphdr *)(skb->data + header))->check;
	else
		return;
	*check = 0;
	*check = csum_tcpudp_magic(iph->saddr, iph->daddr, len, iph->protocol,
				   csum_partial(skb->data + header, len, 0));
}

/* As it comes from a card, or another guest, that leaves it in one piece. */
static void fuzz_gso(struct sk_buff *skb)
{
	struct iphdr *iph = (struct iphdr *)skb->data;
	struct tcphdr *th = (struct tcphdr *)(iph + 1);

	skb_shinfo(skb)->gso_size = GSO_SIZE;
	skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(GSO_LEN, GSO_SIZE);
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4 | SKB_GSO_DODGY;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u8 *)th - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	th->check = ~csum_tcpudp_magic(iph->saddr, iph->daddr,
				       skb->len - sizeof(*iph), IPPROTO_TCP, 0);
}

/* The end of a packet, or all of it, goes out of the linear part. */
static void fuzz_page(struct sk_buff *skb)
{
	unsigned int keep = below(min_t(u32, skb->len, 64)), tail;
	struct page *page;

	tail = skb->len - keep;
	if (tail > PAGE_SIZE)
		return;
	page = alloc_page(GFP_KERNEL);
	if (!page)
		return;
	memcpy(page_address(page), skb->data + keep, tail);
	skb_trim(skb, keep);
	skb_add_rx_frag(skb, 0, page, 0, tail, PAGE_SIZE);
}

static void fuzz_mutate(struct sk_buff *skb)
{
	switch (below(8)) {
	case 0:
		return;
	case 1:
		fuzz_bits(skb, skb->len);
		return;
	case 2:
		prandom_bytes_state(&rnd, skb->data + sizeof(struct iphdr),
				    sizeof(struct tcphdr));
		break;
	case 3:
		fuzz_bits(skb, HEADERS);
		break;
	case 4:
		skb_trim(skb, sizeof(struct iphdr) +
			      below(skb->len - sizeof(struct iphdr)));
		if (below(2))
			((struct iphdr *)skb->data)->tot_len = htons(skb->len);
		break;
	case 5:
		fuzz_field(skb);
		fallthrough;
	default:
		fuzz_field(skb);
	}
	fuzz_checksums(skb);
}

/* Return: a packet from one end of @conn, or NULL without memory */
static struct sk_buff *fuzz_build(const struct bench_conn *conn,
				  enum bench_wire from)
{
	struct bench_packet packet;
	bool large = !below(16);
	struct sk_buff *skb;
	u16 len;

	len = large ? GSO_LEN : below(4) ? 128 : below(1400);
	if (from == BENCH_CLIENTS)
		bench_conn_from_client(conn, BENCH_ACK, len, &packet);
	else
		bench_conn_from_server(conn, BENCH_ACK, len, &packet);
	skb = bench_packet_build(bench_wire_dev(from), &packet);
	if (!skb)
		return NULL;

	if (large) {
		fuzz_gso(skb);
		return skb;
	}
	if (below(2))
		skb->ip_summed = CHECKSUM_NONE;
	fuzz_mutate(skb);
	if (!below(4))
		fuzz_page(skb);
	if (!below(32))
		skb->pkt_type = below(PACKET_OUTGOING);
	return skb;
}

/**
 * bench_fuzz_seed - have it all come again as it came with the same seed
 * @seed: any number
 */
void bench_fuzz_seed(u32 seed)
{
	prandom_seed_state(&rnd, seed);
}

/**
 * bench_fuzz_packet - inject one packet, and accept whatever comes of it
 * @conns: connections that were open at least once
 * @count: of them, not 0
 *
 * Half of the packets have somebody else looking at them, a capture perhaps:
 * what he sees must stay as it was received.
 *
 * Context: process, one caller at a time.
 */
enum bench_failure bench_fuzz_packet(const struct bench_conn *conns, u32 count)
{
	enum bench_wire from = below(2) ? BENCH_CLIENTS : BENCH_SERVERS;
	enum bench_failure failure = BENCH_OK;
	struct sk_buff *skb, *clone = NULL;
	struct sk_buff_head sent;
	__wsum sum = 0;
	u32 cycles;

	skb = fuzz_build(&conns[below(count)], from);
	if (!skb)
		return BENCH_NO_MEMORY;
	if (below(2))
		clone = skb_clone(skb, GFP_KERNEL);
	if (clone)
		sum = skb_checksum(clone, 0, clone->len, 0);

	__skb_queue_head_init(&sent);
	cycles = bench_wire_send(skb, &sent);
	if (!skb_queue_empty(&sent))
		bench_result_add(from == BENCH_CLIENTS ? BENCH_POS_DATA_IN :
							 BENCH_POS_DATA_OUT,
				 cycles);
	__skb_queue_purge(&sent);

	if (clone && skb_checksum(clone, 0, clone->len, 0) != sum)
		failure = BENCH_WRITTEN;
	kfree_skb(clone);
	return failure;
}
