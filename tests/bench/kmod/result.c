// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "result.h"

/* A histogram with 256 steps to each power of two: a median is within 0.4 %. */
#define HIST_STEP_BITS 8
#define HIST_SLOTS ((32 - HIST_STEP_BITS + 1) << HIST_STEP_BITS)

struct hist {
	u64 count;
	u64 sum;
	u32 min;
	u32 slots[HIST_SLOTS];
};

static struct {
	char mode[16];
	u64 start;
	u64 wall;		/* ns */
	u64 done;
	u64 open;
	u64 failures[BENCH_FAILURES];
	u64 failed;
} result;

static struct hist *hists;

static const char * const position_names[BENCH_POSITIONS] = {
	[BENCH_POS_SYN] = "syn",
	[BENCH_POS_SYNACK] = "synack",
	[BENCH_POS_ACK] = "ack",
	[BENCH_POS_REQUEST] = "request",
	[BENCH_POS_ANSWER] = "answer",
	[BENCH_POS_CLOSE1] = "close1",
	[BENCH_POS_CLOSE2] = "close2",
	[BENCH_POS_CLOSE3] = "close3",
	[BENCH_POS_CONNECTION] = "connection",
	[BENCH_POS_DATA_IN] = "data_in",
	[BENCH_POS_DATA_OUT] = "data_out",
	[BENCH_POS_FLOOD] = "flood",
};

static const char * const failure_names[BENCH_FAILURES] = {
	[BENCH_NO_ANSWER] = "no_answer",
	[BENCH_WRONG_WIRE] = "wrong_wire",
	[BENCH_WRONG_ADDRESS] = "wrong_address",
	[BENCH_WRONG_PORT] = "wrong_port",
	[BENCH_WRONG_PACKET] = "wrong_packet",
	[BENCH_PORT_IN_USE] = "port_in_use",
	[BENCH_SEQ_BACK] = "seq_back",
	[BENCH_BAD_CHECKSUM] = "bad_checksum",
	[BENCH_EXTRA] = "extra",
	[BENCH_WRITTEN] = "written",
	[BENCH_NO_MEMORY] = "no_memory",
};

static unsigned int hist_slot(u32 value)
{
	unsigned int shift;

	if (value < 1 << HIST_STEP_BITS)
		return value;
	shift = ilog2(value) - HIST_STEP_BITS;
	return (shift << HIST_STEP_BITS) + (value >> shift);
}

/* The middle of what falls into a slot. */
static u32 hist_value(unsigned int slot)
{
	unsigned int shift;
	u32 value;

	if (slot < 2 << HIST_STEP_BITS)
		return slot;
	shift = (slot >> HIST_STEP_BITS) - 1;
	value = slot - (shift << HIST_STEP_BITS);
	return (value << shift) + (1U << shift) / 2;
}

/* The value that @permille of all are not above. */
static u32 hist_quantile(const struct hist *hist, unsigned int permille)
{
	u64 wanted = div_u64(hist->count * permille + 999, 1000);
	u64 seen = 0;
	unsigned int slot;

	for (slot = 0; slot < HIST_SLOTS - 1; slot++) {
		seen += hist->slots[slot];
		if (seen >= wanted)
			break;
	}
	return hist_value(slot);
}

void bench_result_start(const char *mode)
{
	int i;

	memset(&result, 0, sizeof(result));
	memset(hists, 0, BENCH_POSITIONS * sizeof(*hists));
	for (i = 0; i < BENCH_POSITIONS; i++)
		hists[i].min = U32_MAX;
	strscpy(result.mode, mode, sizeof(result.mode));
	result.start = ktime_get_ns();
}

/* @done: what was asked for and succeeded; @open: connections open now */
void bench_result_end(u64 done, u64 open)
{
	result.wall = ktime_get_ns() - result.start;
	result.done = done;
	result.open = open;
}

void bench_result_add(enum bench_position position, u32 cycles)
{
	struct hist *hist = &hists[position];

	hist->count++;
	hist->sum += cycles;
	hist->min = min(hist->min, cycles);
	hist->slots[hist_slot(cycles)]++;
}

void bench_result_fail(enum bench_failure failure)
{
	result.failures[failure]++;
	result.failed++;
}

u64 bench_result_failed(void)
{
	return result.failed;
}

/* As one JSON object, cycles but for "wall_ns". */
void bench_result_show(struct seq_file *seq)
{
	const char *comma = "";
	int i;

	seq_printf(seq, "{\"mode\":\"%s\",\"done\":%llu,\"open\":%llu,",
		   result.mode, result.done, result.open);
	seq_printf(seq, "\"failed\":%llu,\"wall_ns\":%llu,\"failures\":{",
		   result.failed, result.wall);
	for (i = BENCH_OK + 1; i < BENCH_FAILURES; i++) {
		if (!result.failures[i])
			continue;
		seq_printf(seq, "%s\"%s\":%llu", comma, failure_names[i],
			   result.failures[i]);
		comma = ",";
	}
	seq_puts(seq, "},\"positions\":{");
	comma = "";
	for (i = 0; i < BENCH_POSITIONS; i++) {
		const struct hist *hist = &hists[i];

		if (!hist->count)
			continue;
		seq_printf(seq, "%s\"%s\":{\"count\":%llu,\"min\":%u,\"median\":%u,\"mean\":%llu,\"p99\":%u}",
			   comma, position_names[i], hist->count, hist->min,
			   hist_quantile(hist, 500),
			   div64_u64(hist->sum, hist->count),
			   hist_quantile(hist, 990));
		comma = ",";
	}
	seq_puts(seq, "}}\n");
}

int bench_result_setup(void)
{
	hists = vzalloc(BENCH_POSITIONS * sizeof(*hists));
	return hists ? 0 : -ENOMEM;
}

void bench_result_teardown(void)
{
	vfree(hists);
}
