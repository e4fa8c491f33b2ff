// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "result.h"
#include "wire.h"

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
	u64 start_cycles;
	u64 cycles;		/* the same time by the clock of the packets */
	u64 open;
} result;

/* What was done on one processor, by one task there at a time. */
struct tally {
	u64 busy;		/* cycles that the kernel had packets */
	u64 done;
	u64 failures[BENCH_FAILURES];
	u64 failed;
	struct hist hists[BENCH_POSITIONS];
};

static DEFINE_PER_CPU(struct tally *, tallies);
static struct tally *total;	/* of a run that has ended */

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
	[BENCH_POS_FARM] = "farm",
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

/* Return: the mean of the middle 80 %, in hundredths.  A clock that counts in
 * steps of N cycles moves a median by up to N, and this hardly.
 */
static u64 hist_middle(const struct hist *hist)
{
	u64 from = div_u64(hist->count, 10), to = hist->count - from;
	u64 seen = 0, sum = 0, first, last;
	unsigned int slot;

	for (slot = 0; slot < HIST_SLOTS && seen < to; slot++) {
		first = max(seen, from);
		seen += hist->slots[slot];
		last = min(seen, to);
		if (last > first)
			sum += (last - first) * hist_value(slot);
	}
	return div64_u64(sum * 100, to - from);
}

static void tally_reset(struct tally *tally)
{
	int i;

	memset(tally, 0, sizeof(*tally));
	for (i = 0; i < BENCH_POSITIONS; i++)
		tally->hists[i].min = U32_MAX;
}

static void hist_add(struct hist *hist, const struct hist *other)
{
	unsigned int slot;

	hist->count += other->count;
	hist->sum += other->sum;
	hist->min = min(hist->min, other->min);
	for (slot = 0; slot < HIST_SLOTS; slot++)
		hist->slots[slot] += other->slots[slot];
}

static void tally_add(struct tally *tally, const struct tally *other)
{
	int i;

	tally->busy += other->busy;
	tally->done += other->done;
	tally->failed += other->failed;
	for (i = 0; i < BENCH_FAILURES; i++)
		tally->failures[i] += other->failures[i];
	for (i = 0; i < BENCH_POSITIONS; i++)
		hist_add(&tally->hists[i], &other->hists[i]);
}

void bench_result_start(const char *mode)
{
	int cpu;

	memset(&result, 0, sizeof(result));
	for_each_possible_cpu(cpu)
		tally_reset(per_cpu(tallies, cpu));
	strscpy(result.mode, mode, sizeof(result.mode));
	result.start = ktime_get_ns();
	result.start_cycles = bench_wire_cycles();
}

/* @open: connections open now */
void bench_result_end(u64 open)
{
	int cpu;

	result.wall = ktime_get_ns() - result.start;
	result.cycles = bench_wire_cycles() - result.start_cycles;
	result.open = open;

	tally_reset(total);
	for_each_possible_cpu(cpu)
		tally_add(total, per_cpu(tallies, cpu));
}

/* Of the task's processor, from where it may be moved meanwhile: where there
 * are several tasks, each is bound to its own.
 */
static struct tally *tally_here(void)
{
	return raw_cpu_read(tallies);
}

/* @count: what was asked for and succeeded */
void bench_result_done(u64 count)
{
	tally_here()->done += count;
}

void bench_result_busy(u32 cycles)
{
	tally_here()->busy += cycles;
}

void bench_result_add(enum bench_position position, u32 cycles)
{
	struct hist *hist = &tally_here()->hists[position];

	hist->count++;
	hist->sum += cycles;
	hist->min = min(hist->min, cycles);
	hist->slots[hist_slot(cycles)]++;
}

void bench_result_fail(enum bench_failure failure)
{
	tally_here()->failures[failure]++;
	tally_here()->failed++;
}

u64 bench_result_failed(void)
{
	u64 failed = 0;
	int cpu;

	for_each_online_cpu(cpu)
		failed += READ_ONCE(per_cpu(tallies, cpu)->failed);
	return failed;
}

static void result_show_cpus(struct seq_file *seq)
{
	const struct tally *tally;
	const char *comma = "";
	int cpu;

	seq_puts(seq, "\"cpus\":[");
	for_each_possible_cpu(cpu) {
		tally = per_cpu(tallies, cpu);
		if (!tally->busy)
			continue;
		seq_printf(seq, "%s{\"done\":%llu,\"busy\":%llu}", comma,
			   tally->done, tally->busy);
		comma = ",";
	}
	seq_puts(seq, "],");
}

/* As one JSON object, cycles but for "wall_ns". */
void bench_result_show(struct seq_file *seq)
{
	const char *comma = "";
	int i;

	seq_printf(seq, "{\"mode\":\"%s\",\"wall_ns\":%llu,\"cycles\":%llu,",
		   result.mode, result.wall, result.cycles);
	result_show_cpus(seq);
	seq_printf(seq, "\"done\":%llu,\"open\":%llu,\"busy\":%llu,",
		   total->done, result.open, total->busy);
	seq_printf(seq, "\"failed\":%llu,\"failures\":{", total->failed);
	for (i = BENCH_OK + 1; i < BENCH_FAILURES; i++) {
		if (!total->failures[i])
			continue;
		seq_printf(seq, "%s\"%s\":%llu", comma, failure_names[i],
			   total->failures[i]);
		comma = ",";
	}
	seq_puts(seq, "},\"positions\":{");
	comma = "";
	for (i = 0; i < BENCH_POSITIONS; i++) {
		const struct hist *hist = &total->hists[i];
		u32 hundredths;
		u64 middle;

		if (!hist->count)
			continue;
		middle = div_u64_rem(hist_middle(hist), 100, &hundredths);
		seq_printf(seq, "%s\"%s\":{\"count\":%llu,\"min\":%u,\"median\":%u,\"middle\":%llu.%02u,\"mean\":%llu,\"p99\":%u}",
			   comma, position_names[i], hist->count, hist->min,
			   hist_quantile(hist, 500), middle, hundredths,
			   div64_u64(hist->sum, hist->count),
			   hist_quantile(hist, 990));
		comma = ",";
	}
	seq_puts(seq, "}}\n");
}

int bench_result_setup(void)
{
	struct tally *tally;
	int cpu;

	total = vzalloc(sizeof(*total));
	if (!total)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		tally = vzalloc_node(sizeof(*tally), cpu_to_node(cpu));
		if (!tally) {
			bench_result_teardown();
			return -ENOMEM;
		}
		per_cpu(tallies, cpu) = tally;
	}
	return 0;
}

void bench_result_teardown(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		vfree(per_cpu(tallies, cpu));
	vfree(total);
}
