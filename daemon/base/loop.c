// SPDX-License-Identifier: GPL-2.0-only
/*
 * libevent 2.1 does not report when its wait ends.  So the first callback of a
 * turn starts a timer of 0 s with the highest priority.  That timer runs first
 * in the next turn and ends the measurement of this one.
 */
#include <inttypes.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"

#define STALE_US 1000		/* update the base's cached time when older */
#define WINDOW_US INT64_C(60000000)
#define LOG_PAUSE_US INT64_C(1000000)

/* All other events keep the default priority: a lower one would starve. */
enum { PRIORITY_TICK, PRIORITY_OTHERS, PRIORITIES };

/* The time that one callback took. */
struct part {
	const char *what;
	int64_t us;
};

static struct {
	struct event_base *base;
	struct event *tick;	/* NULL: turns are not measured */
	bool running;		/* a turn has begun */
	int64_t begin, mark;	/* start of the turn, and of the current part */
	int64_t cpu;		/* the thread's CPU time when the turn began */
	struct part part;	/* the current part */
	struct part longest;	/* of this turn */
	int64_t window;		/* start of the window */
	int64_t max, max_before;	/* in this window, in the last one */
	uint64_t slow;		/* turns over LOOP_SLOW_MS */
	int64_t logged;		/* time of the last warning, 0: none */
} turns;

/* The tasks of loop_finish(). */
static struct {
	struct event *turn;	/* NULL: there is no loop */
	STAILQ_HEAD(task_list, task) tasks;
} rest = { .tasks = STAILQ_HEAD_INITIALIZER(rest.tasks) };

static int64_t now_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static void part_end(int64_t now)
{
	turns.part.us = now - turns.mark;
	if (turns.part.us >= turns.longest.us)
		turns.longest = turns.part;
}

static void window_move(int64_t now)
{
	if (now - turns.window < WINDOW_US)
		return;
	turns.max_before = now - turns.window < 2 * WINDOW_US ? turns.max : 0;
	turns.max = 0;
	turns.window = now;
}

static void turn_end(evutil_socket_t fd, short what, void *data)
{
	int64_t now = now_us(), took = now - turns.begin;

	(void)fd;
	(void)what;
	(void)data;
	part_end(now);
	turns.running = false;
	window_move(now);
	if (took > turns.max)
		turns.max = took;
	turns.slow += took > LOOP_SLOW_MS * 1000;
	if (took <= LOOP_LOGGED_MS * 1000 ||
	    (turns.logged && now - turns.logged < LOG_PAUSE_US))
		return;
	turns.logged = now;
	say_warning("nothing else was done for %" PRId64 " ms, of which %" PRId64
		    " ms of processor time: %s took %" PRId64 " ms",
		    took / 1000,
		    (clock_us(CLOCK_THREAD_CPUTIME_ID) - turns.cpu) / 1000,
		    turns.longest.what, turns.longest.us / 1000);
}

void loop_does(const char *what)
{
	static const struct timeval at_once;
	int64_t now;

	if (!turns.tick)
		return;
	now = now_us();
	if (!turns.running) {
		turns.running = !event_add(turns.tick, &at_once);
		turns.begin = now;
		turns.cpu = clock_us(CLOCK_THREAD_CPUTIME_ID);
		turns.longest = (struct part){ 0 };
	} else {
		part_end(now);
		if (now - turns.mark > STALE_US)
			event_base_update_cache_time(turns.base);
	}
	turns.mark = now;
	turns.part.what = what;
}

int loop_timer(struct event *timer, int64_t ms)
{
	const struct timeval in = {
		.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000,
	};

	return event_add(timer, &in);
}

static bool has_time(void)
{
	return turns.running &&
	       now_us() - turns.begin < LOOP_BUDGET_MS * 1000;
}

int loop_run(struct task *task, struct text *rows, struct err *err)
{
	int rc = task->step(task, rows, err);

	while (rc == TASK_MORE && has_time()) {
		rc = task->step(task, rows, err);
		/* The steps before it may have written rows. */
		if (rc == TASK_LATER)
			return TASK_MORE;
	}
	return rc;
}

static void rest_run(evutil_socket_t fd, short what, void *data)
{
	struct task *task = STAILQ_FIRST(&rest.tasks);

	(void)fd;
	(void)what;
	(void)data;
	loop_does("the end of a task");
	if (loop_run(task, NULL, NULL) != TASK_MORE) {
		STAILQ_REMOVE_HEAD(&rest.tasks, entry);
		task_free(task);
	}
	if (!STAILQ_EMPTY(&rest.tasks))
		loop_timer(rest.turn, 0);
}

void loop_finish(struct task *task)
{
	if (!rest.turn || loop_timer(rest.turn, 0))
		task_free(task);
	else
		STAILQ_INSERT_TAIL(&rest.tasks, task, entry);
}

int64_t loop_longest_us(void)
{
	window_move(now_us());
	return turns.max > turns.max_before ? turns.max : turns.max_before;
}

uint64_t loop_slow_turns(void)
{
	return turns.slow;
}

struct event_base *loop_base_new(void)
{
	struct event_base *base = event_base_new();

	/* The default priority is PRIORITIES / 2, which is PRIORITY_OTHERS. */
	if (!base || event_base_priority_init(base, PRIORITIES))
		goto fail;
	turns.tick = evtimer_new(base, turn_end, NULL);
	if (!turns.tick || event_priority_set(turns.tick, PRIORITY_TICK))
		goto fail;
	rest.turn = evtimer_new(base, rest_run, NULL);
	if (!rest.turn)
		goto fail;
	turns.window = now_us();
	turns.base = base;
	return base;
fail:
	loop_measure_end();
	if (base)
		event_base_free(base);
	return NULL;
}

void loop_measure_end(void)
{
	struct task *task;

	while ((task = STAILQ_FIRST(&rest.tasks))) {
		STAILQ_REMOVE_HEAD(&rest.tasks, entry);
		task_free(task);
	}
	if (rest.turn)
		event_free(rest.turn);
	rest.turn = NULL;
	if (turns.tick)
		event_free(turns.tick);
	turns.tick = NULL;
	turns.running = false;
}
