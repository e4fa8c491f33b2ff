// SPDX-License-Identifier: GPL-2.0-only
/* What clients and servers can be made to do. */
#include <linux/in.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "conn.h"
#include "fuzz.h"
#include "mode.h"
#include "packet.h"

#define DATA_LEN 128

/* Connections that stay open from one run to the next. */
static struct bench_conn *kept;
static u32 kept_count;

/* Of connections ever begun, so that addresses and ports come round late. */
static u64 conn_number;

struct step {
	enum bench_position position;
	bool from_server;
	u8 flags;
	u16 len;
};

static const struct step handshake[] = {
	{ BENCH_POS_SYN, false, BENCH_SYN, 0 },
	{ BENCH_POS_SYNACK, true, BENCH_SYN | BENCH_ACK, 0 },
	{ BENCH_POS_ACK, false, BENCH_ACK, 0 },
};

static const struct step talk[] = {
	{ BENCH_POS_REQUEST, false, BENCH_ACK, DATA_LEN },
	{ BENCH_POS_ANSWER, true, BENCH_ACK, DATA_LEN },
};

static const struct step data[] = {
	{ BENCH_POS_DATA_IN, false, BENCH_ACK, DATA_LEN },
	{ BENCH_POS_DATA_OUT, true, BENCH_ACK, DATA_LEN },
};

static const struct step closings[][3] = {
	[BENCH_CLOSE_CLIENT] = {
		{ BENCH_POS_CLOSE1, false, BENCH_FIN | BENCH_ACK, 0 },
		{ BENCH_POS_CLOSE2, true, BENCH_FIN | BENCH_ACK, 0 },
		{ BENCH_POS_CLOSE3, false, BENCH_ACK, 0 },
	},
	[BENCH_CLOSE_SERVER] = {
		{ BENCH_POS_CLOSE1, true, BENCH_FIN | BENCH_ACK, 0 },
		{ BENCH_POS_CLOSE2, false, BENCH_FIN | BENCH_ACK, 0 },
		{ BENCH_POS_CLOSE3, true, BENCH_ACK, 0 },
	},
	[BENCH_CLOSE_RST] = {
		{ BENCH_POS_CLOSE1, false, BENCH_RST | BENCH_ACK, 0 },
	},
};

/* Take @count steps; what each took goes to the result, and to @total. */
static bool steps_take(struct bench_conn *conn, const struct step *step,
		       unsigned int count, u32 *total)
{
	enum bench_failure failure;
	u32 cycles;

	for (; count--; step++) {
		if (step->from_server)
			failure = bench_conn_to_client(conn, step->flags,
						       step->len, &cycles);
		else
			failure = bench_conn_to_server(conn, step->flags,
						       step->len, &cycles);
		if (failure) {
			bench_result_fail(failure);
			return false;
		}
		bench_result_add(step->position, cycles);
		*total += cycles;
	}
	return true;
}

static bool conn_open(struct bench_conn *conn, u32 *total)
{
	enum bench_failure failure;

	bench_conn_init(conn, conn_number++, IPPROTO_TCP);
	if (!steps_take(conn, handshake, ARRAY_SIZE(handshake), total))
		return false;
	failure = bench_conn_claim(conn);
	if (failure)
		bench_result_fail(failure);
	return !failure;
}

static bool conn_whole(const struct bench_run *run)
{
	unsigned int closing = run->close == BENCH_CLOSE_RST ? 1 : 3;
	struct bench_conn conn;
	u32 total = 0;
	bool done;

	done = conn_open(&conn, &total) &&
	       steps_take(&conn, talk, ARRAY_SIZE(talk), &total) &&
	       steps_take(&conn, closings[run->close], closing, &total);
	if (done && run->close == BENCH_CLOSE_SERVER)
		bench_conn_wait(&conn);
	bench_conn_release(&conn);
	if (done)
		bench_result_add(BENCH_POS_CONNECTION, total);
	return done;
}

static bool conn_keep(const struct bench_run *run)
{
	u32 total = 0;

	if (kept_count == BENCH_KEPT_MAX || !conn_open(&kept[kept_count], &total))
		return false;
	kept_count++;
	return true;
}

static bool conn_udp(const struct bench_run *run)
{
	struct bench_conn conn;
	u32 total = 0;

	bench_conn_init(&conn, conn_number++, IPPROTO_UDP);
	if (!steps_take(&conn, talk, ARRAY_SIZE(talk), &total))
		return false;
	bench_result_add(BENCH_POS_CONNECTION, total);
	return true;
}

/* The kept connections speak in turn, one packet each way. */
static bool conn_data(const struct bench_run *run)
{
	static u32 turn;
	u32 total;

	if (!kept_count)
		return false;
	return steps_take(&kept[turn++ % min(kept_count, run->conns)], data,
			  ARRAY_SIZE(data), &total);
}

/* A SYN that nobody answers.  It may get no port, but never one in use. */
static bool conn_flood(const struct bench_run *run)
{
	enum bench_failure failure;
	struct bench_conn conn;
	u32 cycles;

	bench_conn_invent(&conn);
	failure = bench_conn_to_server(&conn, BENCH_SYN, 0, &cycles);
	if (failure) {
		bench_result_fail(failure);
		return false;
	}
	bench_result_add(BENCH_POS_FLOOD, cycles);
	return true;
}

static bool conn_fuzz(const struct bench_run *run)
{
	enum bench_failure failure;

	failure = bench_fuzz_packet(kept, min(kept_count, run->conns));
	if (failure)
		bench_result_fail(failure);
	return !failure;
}

static bool run_goes_on(const struct bench_run *run)
{
	if (run->stop && bench_result_failed() >= run->stop)
		return false;
	cond_resched();
	return !fatal_signal_pending(current);
}

static u64 repeat(const struct bench_run *run,
		  bool (*act)(const struct bench_run *run))
{
	u64 done = 0;
	u32 i;

	for (i = 0; i < run->count && run_goes_on(run); i++)
		done += act(run);
	return done;
}

static u64 run_whole(const struct bench_run *run)
{
	return repeat(run, conn_whole);
}

static u64 run_open(const struct bench_run *run)
{
	return repeat(run, conn_keep);
}

static u64 run_udp(const struct bench_run *run)
{
	return repeat(run, conn_udp);
}

static void run_keep(const struct bench_run *run)
{
	while (kept_count < run->conns && run_goes_on(run))
		conn_keep(run);
}

static u64 run_established(const struct bench_run *run)
{
	run_keep(run);
	return repeat(run, conn_data);
}

static u64 run_fuzz(const struct bench_run *run)
{
	run_keep(run);
	if (!kept_count)
		return 0;
	bench_fuzz_seed(run->seed);
	return repeat(run, conn_fuzz);
}

/* Counts what was honest, if there is any, and the flood's SYNs otherwise. */
static u64 run_flood(const struct bench_run *run)
{
	u64 done = 0;
	u32 i;

	for (i = 1; i <= run->count && run_goes_on(run); i++) {
		done += conn_flood(run) && !run->every;
		if (!run->every || i % run->every)
			continue;
		done += conn_whole(run);
		if (kept_count)
			conn_data(run);
	}
	return done;
}

static u64 run_close(const struct bench_run *run)
{
	u32 total, i;
	u64 done = 0;

	for (i = 0; i < kept_count; i++) {
		total = 0;
		done += steps_take(&kept[i], closings[BENCH_CLOSE_RST], 1,
				   &total);
		bench_conn_release(&kept[i]);
		cond_resched();
	}
	kept_count = 0;
	return done;
}

/* Forgets what is open and what was, and tells nobody. */
static u64 run_forget(const struct bench_run *run)
{
	u64 done = kept_count;

	while (kept_count)
		bench_conn_release(&kept[--kept_count]);
	bench_conn_wait_over();
	return done;
}

static const struct {
	const char *name;
	u64 (*run)(const struct bench_run *run);
} modes[] = {
	{ "whole", run_whole },
	{ "open", run_open },
	{ "established", run_established },
	{ "udp", run_udp },
	{ "flood", run_flood },
	{ "fuzz", run_fuzz },
	{ "close", run_close },
	{ "forget", run_forget },
};

/**
 * bench_mode_run - one run from start to end
 * @mode: the name of a mode
 * @run: how much of it
 *
 * Context: process; the caller has seen to it that there is one at a time.
 * Return: 0, -EINVAL for an unknown mode, -EINTR when it was killed
 */
int bench_mode_run(const char *mode, const struct bench_run *run)
{
	u64 done;
	int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(modes[i].name, mode))
			break;
	if (i == ARRAY_SIZE(modes))
		return -EINVAL;

	bench_result_start(mode);
	done = modes[i].run(run);
	bench_result_end(done, kept_count);
	return fatal_signal_pending(current) ? -EINTR : 0;
}

int bench_mode_setup(void)
{
	kept = vzalloc(BENCH_KEPT_MAX * sizeof(*kept));
	return kept ? 0 : -ENOMEM;
}

void bench_mode_teardown(void)
{
	vfree(kept);
}
