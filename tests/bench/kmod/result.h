/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include <linux/types.h>

struct seq_file;

/* Where a packet stands in its connection. */
enum bench_position {
	BENCH_POS_SYN,
	BENCH_POS_SYNACK,
	BENCH_POS_ACK,
	BENCH_POS_REQUEST,
	BENCH_POS_ANSWER,
	BENCH_POS_CLOSE1,
	BENCH_POS_CLOSE2,
	BENCH_POS_CLOSE3,
	BENCH_POS_CONNECTION,	/* all of its packets together */
	BENCH_POS_DATA_IN,	/* established, from the client */
	BENCH_POS_DATA_OUT,
	BENCH_POS_FLOOD,
	BENCH_POS_FARM,		/* a connection's cycles in the farm itself */
	BENCH_POSITIONS,
};

enum bench_failure {
	BENCH_OK,
	BENCH_NO_ANSWER,	/* nothing came out */
	BENCH_WRONG_WIRE,
	BENCH_WRONG_ADDRESS,
	BENCH_WRONG_PORT,
	BENCH_WRONG_PACKET,	/* flags, numbers, length or TTL */
	BENCH_PORT_IN_USE,	/* a vdport that another open connection has */
	BENCH_SEQ_BACK,		/* a SYN that TIME_WAIT would not let in */
	BENCH_BAD_CHECKSUM,
	BENCH_EXTRA,		/* more came out than went in */
	BENCH_WRITTEN,		/* into what others were looking at */
	BENCH_NO_MEMORY,	/* our own */
	BENCH_FAILURES,
};

int bench_result_setup(void);
void bench_result_teardown(void);

void bench_result_start(const char *mode);
void bench_result_end(u64 open);
void bench_result_done(u64 count);
void bench_result_busy(u32 cycles);
void bench_result_add(enum bench_position position, u32 cycles);
void bench_result_fail(enum bench_failure failure);
u64 bench_result_failed(void);
void bench_result_show(struct seq_file *seq);

#endif
