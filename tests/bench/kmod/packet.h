/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_PACKET_H
#define BENCH_PACKET_H

#include <linux/skbuff.h>
#include <linux/types.h>

/* The flags of a TCP header that matter here, at their places in its 14th byte. */
#define BENCH_FIN 0x01
#define BENCH_SYN 0x02
#define BENCH_RST 0x04
#define BENCH_ACK 0x10

#define BENCH_TTL 64
#define BENCH_LEN_MAX (1500 - 40)	/* of data, in Ethernet's MTU */

struct bench_packet {
	__be32 saddr;
	__be32 daddr;
	__be16 sport;
	__be16 dport;
	u32 seq;		/* TCP only, as are ack and flags */
	u32 ack;
	u16 len;		/* of the payload */
	u8 flags;
	u8 l4proto;
	u8 ttl;			/* of a parsed one */
};

struct sk_buff *bench_packet_build(struct net_device *dev,
				   const struct bench_packet *packet);
int bench_packet_parse(const struct sk_buff *skb, bool verify,
		       struct bench_packet *packet);

#endif
