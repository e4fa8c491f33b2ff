// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/loop.h"
#include "conn/ct.h"
#include "conn/conn_count.h"
#include "engine/count.h"
#include "engine/dnatd.h"
#include "module/kmod_pool.h"

#define COUNT_SHARE 20	/* counting uses 1/20 of a CPU at most */
#define TRIES 10	/* for a list that changes while it is read */

TAILQ_HEAD(count_waits, count_wait);

struct counts {
	struct task task;
	struct dnatd *dnatd;
	struct event *timer;		/* runs @task */
	bool counting;			/* a count has begun */
	struct nl nl;
	unsigned int tries;
	struct count_waits now;		/* for the current or next count */
	struct count_waits next;	/* for the one after the current */
	struct conn_counts running;
	struct conn_counts last;
	int64_t spent;			/* CPU time on @running, us */
	int64_t stale;			/* @last is too old then, us */
};

static void finish(struct counts *counts, const struct err *err)
{
	struct count_wait *wait;

	counts->tries = 0;
	if (!err) {
		conn_counts_clean(&counts->last);
		counts->last = counts->running;
		counts->running = (struct conn_counts){ 0 };
		counts->stale = clock_us(CLOCK_MONOTONIC) +
				COUNT_SHARE * counts->spent;
	}
	/* @counting is still set: a callback that waits again is added to @next. */
	while ((wait = TAILQ_FIRST(&counts->now))) {
		TAILQ_REMOVE(&counts->now, wait, entry);
		wait->waits = false;
		wait->done(err, wait->data);
	}
	counts->counting = false;
	TAILQ_CONCAT(&counts->now, &counts->next, entry);
	if (!TAILQ_EMPTY(&counts->now))
		loop_timer(counts->timer, 0);
}

static int begin(struct counts *counts, struct err *err)
{
	counts->counting = true;
	counts->spent = 0;
	conn_counts_clean(&counts->running);
	if (conn_counts_init(&counts->running, counts->dnatd->model))
		return err_no_memory(err);
	return counts->running.n ? TASK_MORE : TASK_DONE;
}

static int count_step(struct task *task, struct text *rows, struct err *err)
{
	struct counts *counts = (struct counts *)task;
	const struct dnatd *dnatd = counts->dnatd;
	int64_t start = clock_us(CLOCK_THREAD_CPUTIME_ID);
	int rc;

	(void)rows;
	if (!counts->counting)
		return begin(counts, err);
	rc = dnatd->in_force == ALLOC_MODULE ?
		kmod_pools_more(dnatd->kmod, &counts->nl, conn_counts_parse_pool,
				&counts->running, err) :
		ct_more(&counts->nl, ct_count, &counts->running, err);
	counts->spent += clock_us(CLOCK_THREAD_CPUTIME_ID) - start;
	if (rc != -EINTR || ++counts->tries == TRIES)
		return rc;
	counts->counting = false;
	return TASK_MORE;
}

static void run(evutil_socket_t fd, short what, void *data)
{
	struct counts *counts = data;
	struct err err;
	int rc;

	(void)fd;
	(void)what;
	loop_does("counting connections");
	rc = loop_run(&counts->task, NULL, &err);
	if (rc == TASK_MORE)
		loop_timer(counts->timer, 0);
	else
		finish(counts, rc ? &err : NULL);
}

struct counts *counts_new(struct dnatd *dnatd, struct err *err)
{
	struct counts *counts = task_new(sizeof(*counts), count_step, NULL);

	if (counts)
		counts->timer = evtimer_new(dnatd->base, run, counts);
	if (!counts || !counts->timer) {
		free(counts);
		err_no_memory(err);
		return NULL;
	}
	counts->dnatd = dnatd;
	TAILQ_INIT(&counts->now);
	TAILQ_INIT(&counts->next);
	return counts;
}

void counts_free(struct counts *counts)
{
	if (!counts)
		return;
	event_free(counts->timer);
	nl_close(&counts->nl);
	conn_counts_clean(&counts->running);
	conn_counts_clean(&counts->last);
	free(counts);
}

void counts_wait(struct counts *counts, struct count_wait *wait)
{
	if (wait->waits)
		return;
	wait->waits = true;
	if (counts->counting) {
		TAILQ_INSERT_TAIL(&counts->next, wait, entry);
		return;
	}
	TAILQ_INSERT_TAIL(&counts->now, wait, entry);
	loop_timer(counts->timer, 0);
}

void counts_cancel(struct counts *counts, struct count_wait *wait)
{
	struct count_wait *other;

	if (!wait->waits)
		return;
	wait->waits = false;
	TAILQ_FOREACH(other, &counts->now, entry)
		if (other == wait)
			break;
	TAILQ_REMOVE(other ? &counts->now : &counts->next, wait, entry);
}

bool counts_left(const struct counts *counts, const struct service *service,
		 const struct backend *backend, uint64_t *n)
{
	const struct conn_count *left =
		conn_counts_find(&counts->last, service, backend);

	if (left)
		*n = left->n;
	return left;
}

int64_t counts_rest_ms(const struct counts *counts)
{
	int64_t rest = counts->stale - clock_us(CLOCK_MONOTONIC);

	return rest > 0 ? (rest + 999) / 1000 : 0;
}
