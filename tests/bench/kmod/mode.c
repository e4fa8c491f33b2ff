// SPDX-License-Identifier: GPL-2.0-only
/* What clients and servers can be made to do. */
#include <linux/completion.h>
#include <linux/in.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/math64.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <net/net_namespace.h>

#include "conn.h"
#include "fuzz.h"
#include "mode.h"
#include "packet.h"
#include "wire.h"

/* Connections that stay open from one run to the next. */
static struct bench_conn *kept;
static u32 kept_count;

/* Of connections ever begun, so that addresses and ports come round late. */
static u64 conn_number;

/* Who takes part in a run: one task, or one on each of some processors. */
struct worker {
	const struct bench_run *run;
	u64 (*work)(struct worker *worker);
	u32 count;	/* of what it is to do */
	u32 turn;	/* the kept connection that speaks next */
	u64 number;	/* of its next new connection */
	u32 step;	/* from one of its connections to the next */
	unsigned long until;	/* jiffies; 0: until all is done */
	struct completion end;
};

/* The task that waits for the workers was killed. */
static bool called_off;

struct step {
	enum bench_position position;
	bool from_server;
	u8 flags;
	bool data;
};

static const struct step handshake[] = {
	{ BENCH_POS_SYN, false, BENCH_SYN },
	{ BENCH_POS_SYNACK, true, BENCH_SYN | BENCH_ACK },
	{ BENCH_POS_ACK, false, BENCH_ACK },
};

static const struct step talk[] = {
	{ BENCH_POS_REQUEST, false, BENCH_ACK, true },
	{ BENCH_POS_ANSWER, true, BENCH_ACK, true },
};

static const struct step data[] = {
	{ BENCH_POS_DATA_IN, false, BENCH_ACK, true },
	{ BENCH_POS_DATA_OUT, true, BENCH_ACK, true },
};

static const struct step closings[][3] = {
	[BENCH_CLOSE_CLIENT] = {
		{ BENCH_POS_CLOSE1, false, BENCH_FIN | BENCH_ACK },
		{ BENCH_POS_CLOSE2, true, BENCH_FIN | BENCH_ACK },
		{ BENCH_POS_CLOSE3, false, BENCH_ACK },
	},
	[BENCH_CLOSE_SERVER] = {
		{ BENCH_POS_CLOSE1, true, BENCH_FIN | BENCH_ACK },
		{ BENCH_POS_CLOSE2, false, BENCH_FIN | BENCH_ACK },
		{ BENCH_POS_CLOSE3, true, BENCH_ACK },
	},
	[BENCH_CLOSE_RST] = {
		{ BENCH_POS_CLOSE1, false, BENCH_RST | BENCH_ACK },
	},
};

/* Take @count steps; what each took goes to the result, and to @total. */
static bool steps_take(const struct bench_run *run, struct bench_conn *conn,
		       const struct step *step, unsigned int count, u32 *total)
{
	enum bench_failure failure;
	u32 cycles;
	u16 len;

	for (; count--; step++) {
		len = step->data ? run->len : 0;
		if (step->from_server)
			failure = bench_conn_to_client(conn, step->flags, len,
						       &cycles);
		else
			failure = bench_conn_to_server(conn, step->flags, len,
						       &cycles);
		if (failure) {
			bench_result_fail(failure);
			return false;
		}
		bench_result_add(step->position, cycles);
		*total += cycles;
	}
	return true;
}

static void conn_begin(struct worker *worker, struct bench_conn *conn,
		       u8 l4proto)
{
	bench_conn_init(conn, worker->number, l4proto);
	worker->number += worker->step;
}

static bool conn_open(struct worker *worker, struct bench_conn *conn,
		      u32 *total)
{
	enum bench_failure failure;

	conn_begin(worker, conn, IPPROTO_TCP);
	if (!steps_take(worker->run, conn, handshake, ARRAY_SIZE(handshake),
			total))
		return false;
	failure = bench_conn_claim(conn);
	if (failure)
		bench_result_fail(failure);
	return !failure;
}

static bool conn_whole(struct worker *worker)
{
	const struct bench_run *run = worker->run;
	unsigned int closing = run->close == BENCH_CLOSE_RST ? 1 : 3;
	u64 start = bench_wire_cycles();
	struct bench_conn conn;
	u32 total = 0;
	bool done;

	done = conn_open(worker, &conn, &total) &&
	       steps_take(run, &conn, talk, ARRAY_SIZE(talk), &total) &&
	       steps_take(run, &conn, closings[run->close], closing, &total);
	if (done && run->close == BENCH_CLOSE_SERVER)
		bench_conn_wait(&conn);
	bench_conn_release(&conn);
	if (done) {
		bench_result_add(BENCH_POS_CONNECTION, total);
		bench_result_add(BENCH_POS_FARM, clamp_t(u64, bench_wire_cycles() - start,
							 total, U32_MAX) - total);
	}
	return done;
}

static bool conn_keep(struct worker *worker)
{
	u32 total = 0;

	if (kept_count == BENCH_KEPT_MAX ||
	    !conn_open(worker, &kept[kept_count], &total))
		return false;
	kept_count++;
	return true;
}

static bool conn_udp(struct worker *worker)
{
	struct bench_conn conn;
	u32 total = 0;

	conn_begin(worker, &conn, IPPROTO_UDP);
	if (!steps_take(worker->run, &conn, talk, ARRAY_SIZE(talk), &total))
		return false;
	bench_result_add(BENCH_POS_CONNECTION, total);
	return true;
}

/* The kept connections send in turn, one packet for each end that sends. */
static bool conn_data(struct worker *worker)
{
	static const struct {
		unsigned int first;	/* step of data[] */
		unsigned int count;
	} ways[] = {
		[BENCH_WAY_BOTH] = { 0, 2 },
		[BENCH_WAY_IN] = { 0, 1 },
		[BENCH_WAY_OUT] = { 1, 1 },
	};
	const struct bench_run *run = worker->run;
	u32 count = min(kept_count, run->conns);
	u32 total, index;

	if (!count)
		return false;
	div_u64_rem((u64)worker->turn * run->stride, count, &index);
	worker->turn += worker->step;
	return steps_take(run, &kept[index], &data[ways[run->way].first],
			  ways[run->way].count, &total);
}

/* A SYN that nobody answers.  It may get no port, but never one in use. */
static bool conn_flood(void)
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

static bool conn_fuzz(struct worker *worker)
{
	enum bench_failure failure;

	failure = bench_fuzz_packet(kept, min(kept_count, worker->run->conns));
	if (failure)
		bench_result_fail(failure);
	return !failure;
}

static bool run_goes_on(const struct worker *worker)
{
	u32 stop = worker->run->stop;

	if (stop && bench_result_failed() >= stop)
		return false;
	if (worker->until && time_after_eq(jiffies, worker->until))
		return false;
	cond_resched();
	return !READ_ONCE(called_off) && !fatal_signal_pending(current);
}

static u64 repeat(struct worker *worker, bool (*act)(struct worker *worker))
{
	u64 done = 0;
	u32 i;

	for (i = 0; i < worker->count && run_goes_on(worker); i++)
		done += act(worker);
	return done;
}

static u64 run_whole(struct worker *worker)
{
	return repeat(worker, conn_whole);
}

static u64 run_open(struct worker *worker)
{
	return repeat(worker, conn_keep);
}

static u64 run_udp(struct worker *worker)
{
	return repeat(worker, conn_udp);
}

static void run_keep(struct worker *worker)
{
	while (kept_count < worker->run->conns && run_goes_on(worker))
		conn_keep(worker);
}

static u64 run_established(struct worker *worker)
{
	run_keep(worker);
	return repeat(worker, conn_data);
}

static u64 run_fuzz(struct worker *worker)
{
	run_keep(worker);
	if (!kept_count)
		return 0;
	bench_fuzz_seed(worker->run->seed);
	return repeat(worker, conn_fuzz);
}

/* Counts what was honest, if there is any, and the flood's SYNs otherwise. */
static u64 run_flood(struct worker *worker)
{
	u32 every = worker->run->every;
	u64 done = 0;
	u32 i;

	for (i = 1; i <= worker->count && run_goes_on(worker); i++) {
		done += conn_flood() && !every;
		if (!every || i % every)
			continue;
		done += conn_whole(worker);
		if (kept_count)
			conn_data(worker);
	}
	return done;
}

static u64 run_close(struct worker *worker)
{
	u32 total, i;
	u64 done = 0;

	for (i = 0; i < kept_count; i++) {
		total = 0;
		done += steps_take(worker->run, &kept[i],
				   closings[BENCH_CLOSE_RST], 1, &total);
		bench_conn_release(&kept[i]);
		cond_resched();
	}
	kept_count = 0;
	return done;
}

/* Waits for network namespaces and RCU callbacks that are to be freed. */
static u64 run_settle(struct worker *worker)
{
	net_ns_barrier();
	rcu_barrier();
	return 0;
}

/* Forgets what is open and what was, and tells nobody. */
static u64 run_forget(struct worker *worker)
{
	u64 done = kept_count;

	while (kept_count)
		bench_conn_release(&kept[--kept_count]);
	bench_conn_wait_over();
	return done;
}

static const struct {
	const char *name;
	u64 (*work)(struct worker *worker);
	bool shared;		/* by several workers */
} modes[] = {
	{ "whole", run_whole, true },
	{ "open", run_open },
	{ "established", run_established, true },
	{ "udp", run_udp, true },
	{ "flood", run_flood },
	{ "fuzz", run_fuzz },
	{ "close", run_close },
	{ "forget", run_forget },
	{ "settle", run_settle },
};

static int worker_main(void *data)
{
	struct worker *worker = data;

	bench_result_done(worker->work(worker));
	kthread_complete_and_exit(&worker->end, 0);
}

/* One on each of the first processors, each with clients of its own. */
static int workers_run(struct worker *workers, u32 count)
{
	struct task_struct *task;
	int cpu, err = 0;
	u32 i, started = 0;

	for_each_online_cpu(cpu) {
		if (started == count)
			break;
		init_completion(&workers[started].end);
		task = kthread_create_on_cpu(worker_main, &workers[started],
					     cpu, "dnat_bench/%u");
		if (IS_ERR(task)) {
			WRITE_ONCE(called_off, true);
			err = PTR_ERR(task);
			break;
		}
		wake_up_process(task);
		started++;
	}
	for (i = 0; i < started; i++) {
		if (!wait_for_completion_killable(&workers[i].end))
			continue;
		WRITE_ONCE(called_off, true);
		wait_for_completion(&workers[i].end);
	}
	return err;
}

static int mode_share(u64 (*work)(struct worker *worker),
		      const struct bench_run *run)
{
	unsigned long until = (jiffies + msecs_to_jiffies(run->ms)) | 1;
	u32 cpus = max(run->cpus, 1U);
	struct worker *workers;
	int err = 0;
	u32 i;

	workers = kcalloc(cpus, sizeof(*workers), GFP_KERNEL);
	if (!workers)
		return -ENOMEM;
	conn_number = roundup(conn_number, cpus);
	for (i = 0; i < cpus; i++)
		workers[i] = (struct worker) {
			.run = run,
			.work = work,
			.count = run->count / cpus + (i < run->count % cpus),
			.turn = i,
			.number = conn_number + i,
			.step = cpus,
			.until = run->ms ? until : 0,
		};

	/* No two of them may open what is to be kept. */
	if (work == run_established)
		run_keep(workers);
	if (run->cpus)
		err = workers_run(workers, cpus);
	else
		bench_result_done(work(workers));
	for (i = 0; i < cpus; i++)
		conn_number = max(conn_number, workers[i].number);
	kfree(workers);
	return err;
}

/**
 * bench_mode_run - one run from start to end
 * @mode: the name of a mode
 * @run: how much of it
 *
 * Context: process; the caller has seen to it that there is one at a time.
 * Return: 0, -EINVAL for an unknown mode or one that several processors cannot
 *	share, -ENOMEM, -EINTR when it was killed
 */
int bench_mode_run(const char *mode, const struct bench_run *run)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(modes[i].name, mode))
			break;
	if (i == ARRAY_SIZE(modes) || (run->cpus && !modes[i].shared))
		return -EINVAL;

	WRITE_ONCE(called_off, false);
	bench_result_start(mode);
	err = mode_share(modes[i].work, run);
	bench_result_end(kept_count);
	return fatal_signal_pending(current) ? -EINTR : err;
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
