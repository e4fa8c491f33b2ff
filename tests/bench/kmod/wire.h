/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <linux/skbuff.h>

enum bench_wire {
	BENCH_CLIENTS,
	BENCH_SERVERS,
	BENCH_WIRES,
};

struct net_device *bench_wire_dev(enum bench_wire wire);
u64 bench_wire_cycles(void);
u32 bench_wire_send(struct sk_buff *skb, struct sk_buff_head *sent);

int bench_wire_setup(void);
void bench_wire_teardown(void);

#endif
