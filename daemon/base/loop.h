/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measure how long each turn of the event loop takes.  A long turn delays all
 * checks, answers and repairs.
 *
 * The process has one loop.  Only its thread calls these functions.
 */
#ifndef DNAT_LOOP_H
#define DNAT_LOOP_H

#include <event2/event.h>
#include <stdint.h>

#include "base/task.h"

#define LOOP_SLOW_MS 20		/* a longer turn is counted as slow */
#define LOOP_BUDGET_MS 5	/* no further step of a task after that */
#define LOOP_LOGGED_MS 100	/* a longer turn is logged, one per second */

/* Make the event base whose turns are measured.  NULL: no memory */
struct event_base *loop_base_new(void);

/* Stop measuring, and drop all tasks.  Call it before the base is freed. */
void loop_measure_end(void);

/**
 * loop_does - mark the start of a callback
 * @what: for the log, such as "a check"; a string that is never freed
 *
 * The first call in a turn starts the measurement.  A callback that does not
 * call this adds to the time of the callback before it.  If earlier callbacks
 * of this turn took long, libevent's cached time is updated, so that new timers
 * start from the present time.
 */
void loop_does(const char *what);

/* Run @timer in @ms milliseconds.  Return: 0 or -1, as event_add() */
int loop_timer(struct event *timer, int64_t ms);

/**
 * loop_run - do steps of @task until this turn of the loop has lasted
 *	LOOP_BUDGET_MS, but at least one
 * @rows, @err: as for the step of struct task
 *
 * Return: as the step of struct task; the caller runs it again after TASK_MORE
 */
int loop_run(struct task *task, struct text *rows, struct err *err);

/* Run @task to its end in later turns, then free it. */
void loop_finish(struct task *task);

/* The longest turn of the last minute or two, in microseconds. */
int64_t loop_longest_us(void);

/* Turns over LOOP_SLOW_MS since the start. */
uint64_t loop_slow_turns(void);

#endif
