// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both ends of a connection: each sends over its own wire, and looks at what
 * arrives from the other as hard as a real host would, and harder.
 */
#include <linux/bitmap.h>
#include <linux/in.h>
#include <linux/netdevice.h>
#include <linux/random.h>
#include <linux/vmalloc.h>
#include <net/tcp.h>

#include "conn.h"
#include "packet.h"
#include "wire.h"

#define CLIENT_PORT_MIN 1024
#define CLIENT_PORTS (65536 - CLIENT_PORT_MIN)

struct bench_farm bench_farm;

#define VDPORTS (BENCH_SERVERS_MAX << 16)

/* For each server, which ports of the VIP an open connection comes from. */
static unsigned long *vdports;

/* And which are in TIME_WAIT, with the number that is expected there next. */
static unsigned long *waiting;
static u32 *waiting_seq;

static unsigned long vdport_bit(int server, __be16 port)
{
	return ((unsigned long)server << 16) + ntohs(port);
}

static __be32 server_addr(int server)
{
	return htonl((server & 1 ? 0x0a030101 : 0x0a010101) + server / 2);
}

static int server_find(__be32 addr)
{
	u32 host = ntohl(addr);
	int server;

	server = 2 * (host & 0xff) - 2 + (host >> 16 == 0x0a03);
	if (server < 0 || server >= bench_farm.servers ||
	    server_addr(server) != addr)
		return -1;
	return server;
}

/**
 * bench_conn_init - a client's next connection, not open yet
 * @conn: filled in
 * @number: the same addresses and ports come again after clients x 64,512
 * @l4proto: IPPROTO_TCP or IPPROTO_UDP
 */
void bench_conn_init(struct bench_conn *conn, u64 number, u8 l4proto)
{
	u32 client, round;

	round = div_u64_rem(number, bench_farm.clients, &client);
	*conn = (struct bench_conn) {
		.cip = htonl(0x0a020101 + client),
		.cport = htons(CLIENT_PORT_MIN + round % CLIENT_PORTS),
		.cseq = get_random_u32(),
		.sseq = get_random_u32(),
		.l4proto = l4proto,
		.server = -1,
	};
}

/* One from an address that nobody has (198.18.0.0/15). */
void bench_conn_invent(struct bench_conn *conn)
{
	u32 random = get_random_u32();

	bench_conn_init(conn, 0, IPPROTO_TCP);
	conn->cip = htonl(0xc6120000 | random >> 15);
	conn->cport = htons(CLIENT_PORT_MIN + (random & 0x7fff));
}

/* The server has taken the connection: no other may come from there now. */
enum bench_failure bench_conn_claim(struct bench_conn *conn)
{
	unsigned long bit = vdport_bit(conn->server, conn->peer_port);

	if (!bench_farm.snat)
		return BENCH_OK;
	if (test_and_set_bit(bit, vdports))
		return BENCH_PORT_IN_USE;
	clear_bit(bit, waiting);
	conn->claimed = true;
	return BENCH_OK;
}

void bench_conn_release(struct bench_conn *conn)
{
	if (conn->claimed)
		clear_bit(vdport_bit(conn->server, conn->peer_port), vdports);
	conn->claimed = false;
}

/* The server has closed a claimed connection first, and remembers it. */
void bench_conn_wait(const struct bench_conn *conn)
{
	unsigned long bit = vdport_bit(conn->server, conn->peer_port);

	if (!bench_farm.timewait || !conn->claimed)
		return;
	waiting_seq[bit] = conn->cseq + conn->shift;
	set_bit(bit, waiting);
}

/* All TIME_WAIT is over. */
void bench_conn_wait_over(void)
{
	bitmap_zero(waiting, VDPORTS);
}

/* One packet in, exactly one out, on the other wire. */
static enum bench_failure conn_send(enum bench_wire from,
				    const struct bench_packet *packet,
				    struct bench_packet *got, u32 *cycles)
{
	enum bench_failure failure = BENCH_OK;
	struct sk_buff_head sent;
	struct sk_buff *skb;

	skb = bench_packet_build(bench_wire_dev(from), packet);
	if (!skb)
		return BENCH_NO_MEMORY;

	__skb_queue_head_init(&sent);
	*cycles = bench_wire_send(skb, &sent);
	bench_result_busy(*cycles);

	skb = skb_peek(&sent);
	if (!skb)
		return BENCH_NO_ANSWER;
	if (skb_queue_len(&sent) > 1)
		failure = BENCH_EXTRA;
	else if (skb->dev == bench_wire_dev(from))
		failure = BENCH_WRONG_WIRE;
	else
		switch (bench_packet_parse(skb, bench_farm.verify, got)) {
		case 0:
			break;
		case -EBADMSG:
			failure = BENCH_BAD_CHECKSUM;
			break;
		default:
			failure = BENCH_WRONG_PACKET;
		}
	__skb_queue_purge(&sent);
	return failure;
}

/* What the way through must not have changed, @shift aside. */
static bool conn_same(const struct bench_packet *sent,
		      const struct bench_packet *got, u32 seq_shift,
		      u32 ack_shift)
{
	if (got->l4proto != sent->l4proto || got->len != sent->len ||
	    got->ttl != BENCH_TTL - 1)
		return false;
	return sent->l4proto != IPPROTO_TCP ||
	       (got->flags == sent->flags &&
		got->seq == sent->seq + seq_shift &&
		(!(sent->flags & BENCH_ACK) ||
		 got->ack == sent->ack + ack_shift));
}

/* The server meets the connection for the first time. */
static enum bench_failure conn_arrived(struct bench_conn *conn,
				       const struct bench_packet *sent,
				       const struct bench_packet *got)
{
	unsigned long bit;

	conn->server = server_find(got->daddr);
	if (conn->server < 0)
		return BENCH_WRONG_ADDRESS;
	conn->peer = got->saddr;
	conn->peer_port = got->sport;
	conn->shift = got->seq - sent->seq;
	if (!bench_farm.snat)
		return BENCH_OK;
	bit = vdport_bit(conn->server, conn->peer_port);
	if (test_bit(bit, vdports))
		return BENCH_PORT_IN_USE;
	if (bench_farm.timewait && got->l4proto == IPPROTO_TCP &&
	    test_bit(bit, waiting) && !after(got->seq, waiting_seq[bit]))
		return BENCH_SEQ_BACK;
	return BENCH_OK;
}

static u32 conn_seq_len(u8 flags, u16 len)
{
	return len + !!(flags & (BENCH_SYN | BENCH_FIN));
}

/* The next packet of the client's. */
void bench_conn_from_client(const struct bench_conn *conn, u8 flags, u16 len,
			    struct bench_packet *packet)
{
	*packet = (struct bench_packet) {
		.saddr = conn->cip,
		.daddr = bench_farm.vip,
		.sport = conn->cport,
		.dport = htons(bench_farm.vport),
		.seq = conn->cseq,
		.ack = flags & BENCH_ACK ? conn->sseq : 0,
		.len = len,
		.flags = flags,
		.l4proto = conn->l4proto,
	};
	if (bench_farm.direct) {
		packet->daddr = server_addr(ntohs(conn->cport) %
					    bench_farm.servers);
		packet->dport = htons(bench_farm.bport);
	}
}

/* The next packet of the server's, which must have seen the connection. */
void bench_conn_from_server(const struct bench_conn *conn, u8 flags, u16 len,
			    struct bench_packet *packet)
{
	*packet = (struct bench_packet) {
		.saddr = server_addr(conn->server),
		.daddr = conn->peer,
		.sport = htons(bench_farm.bport),
		.dport = conn->peer_port,
		.seq = conn->sseq,
		.ack = conn->cseq + conn->shift,
		.len = len,
		.flags = flags,
		.l4proto = conn->l4proto,
	};
}

/**
 * bench_conn_to_server - the client sends, and the server looks at it
 * @conn: bench_conn_init() was called on it
 * @flags: of a TCP packet, BENCH_*
 * @len: bytes of payload
 * @cycles: how long it took
 */
enum bench_failure bench_conn_to_server(struct bench_conn *conn, u8 flags,
					u16 len, u32 *cycles)
{
	struct bench_packet got, packet;
	enum bench_failure failure;

	bench_conn_from_client(conn, flags, len, &packet);
	failure = conn_send(BENCH_CLIENTS, &packet, &got, cycles);
	if (failure)
		return failure;

	if (conn->server < 0) {
		failure = conn_arrived(conn, &packet, &got);
		if (failure)
			return failure;
	}
	if (got.daddr != server_addr(conn->server) || got.saddr != conn->peer ||
	    got.saddr != (bench_farm.snat ? bench_farm.vip : conn->cip))
		return BENCH_WRONG_ADDRESS;
	if (got.sport != conn->peer_port ||
	    got.dport != htons(bench_farm.bport))
		return BENCH_WRONG_PORT;
	if (!conn_same(&packet, &got, conn->shift, 0))
		return BENCH_WRONG_PACKET;
	conn->cseq += conn_seq_len(flags, len);
	return BENCH_OK;
}

/* The same the other way round; the server must have seen the connection. */
enum bench_failure bench_conn_to_client(struct bench_conn *conn, u8 flags,
					u16 len, u32 *cycles)
{
	struct bench_packet got, packet;
	__be16 sport = htons(bench_farm.vport);
	__be32 saddr = bench_farm.vip;
	enum bench_failure failure;

	bench_conn_from_server(conn, flags, len, &packet);
	failure = conn_send(BENCH_SERVERS, &packet, &got, cycles);
	if (failure)
		return failure;

	if (bench_farm.direct) {
		saddr = packet.saddr;
		sport = packet.sport;
	}
	if (got.saddr != saddr || got.daddr != conn->cip)
		return BENCH_WRONG_ADDRESS;
	if (got.sport != sport || got.dport != conn->cport)
		return BENCH_WRONG_PORT;
	if (!conn_same(&packet, &got, 0, -conn->shift))
		return BENCH_WRONG_PACKET;
	conn->sseq += conn_seq_len(flags, len);
	return BENCH_OK;
}

int bench_conn_setup(void)
{
	vdports = vzalloc(VDPORTS / BITS_PER_BYTE);
	waiting = vzalloc(VDPORTS / BITS_PER_BYTE);
	waiting_seq = vzalloc(VDPORTS * sizeof(*waiting_seq));
	if (vdports && waiting && waiting_seq)
		return 0;
	bench_conn_teardown();
	return -ENOMEM;
}

void bench_conn_teardown(void)
{
	vfree(waiting_seq);
	vfree(waiting);
	vfree(vdports);
}
