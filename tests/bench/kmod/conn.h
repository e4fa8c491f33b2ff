/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CONN_H
#define BENCH_CONN_H

#include <linux/types.h>

#include "result.h"

struct bench_packet;

#define BENCH_SERVERS_MAX 64

/* The farm as one run has it: clients 10.2.1.1 and up, servers 10.1.1.1 and
 * 10.3.1.1 and up in turn.
 */
struct bench_farm {
	__be32 vip;
	u32 vport;		/* ports in host byte order */
	u32 bport;
	u32 clients;
	u32 servers;
	u32 direct;		/* clients talk to the servers themselves */
	u32 snat;		/* servers see the VIP, not the client */
	u32 verify;		/* all checksums of all packets */
	u32 timewait;		/* servers that close first are in TIME_WAIT */
};

struct bench_conn {
	__be32 cip;
	__be32 peer;		/* who the server takes the client for */
	__be16 cport;
	__be16 peer_port;
	u32 cseq;		/* what either end sends next, by its own count */
	u32 sseq;
	u32 shift;		/* from the client's count to what the server sees */
	u8 l4proto;
	s8 server;		/* -1: not known yet */
	bool claimed;		/* the vdport stands in the server's list */
};

extern struct bench_farm bench_farm;

void bench_conn_init(struct bench_conn *conn, u64 number, u8 l4proto);
void bench_conn_invent(struct bench_conn *conn);
enum bench_failure bench_conn_claim(struct bench_conn *conn);
void bench_conn_release(struct bench_conn *conn);
void bench_conn_wait(const struct bench_conn *conn);
void bench_conn_wait_over(void);

void bench_conn_from_client(const struct bench_conn *conn, u8 flags, u16 len,
			    struct bench_packet *packet);
void bench_conn_from_server(const struct bench_conn *conn, u8 flags, u16 len,
			    struct bench_packet *packet);
enum bench_failure bench_conn_to_server(struct bench_conn *conn, u8 flags,
					u16 len, u32 *cycles);
enum bench_failure bench_conn_to_client(struct bench_conn *conn, u8 flags,
					u16 len, u32 *cycles);

int bench_conn_setup(void);
void bench_conn_teardown(void);

#endif
