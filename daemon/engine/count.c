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
	struct dnatd *dnatd;
	struct event *begin;
	struct event *more;		/* reads the list; NULL: not reading */
	struct nl nl;
	unsigned int tries;
	struct count_waits now;		/* for the current or next count */
	struct count_waits next;	/* for the one after the current */
	struct conn_counts running;
	struct conn_counts last;
	int64_t spent;			/* CPU time on @running, us */
	int64_t stale;			/* @last is too old then, us */
};

static void stop(struct counts *counts)
{
	if (!counts->more)
		return;
	event_free(counts->more);
	counts->more = NULL;
	nl_close(&counts->nl);
}

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
	/* @more is still set: a callback that waits again is added to @next. */
	while ((wait = TAILQ_FIRST(&counts->now))) {
		TAILQ_REMOVE(&counts->now, wait, entry);
		wait->waits = false;
		wait->done(err, wait->data);
	}
	stop(counts);
	TAILQ_CONCAT(&counts->now, &counts->next, entry);
	if (!TAILQ_EMPTY(&counts->now))
		loop_timer(counts->begin, 0);
}

static void take(evutil_socket_t fd, short what, void *data)
{
	struct counts *counts = data;
	bool module = counts->dnatd->in_force == ALLOC_MODULE;
	int64_t start = clock_us(CLOCK_THREAD_CPUTIME_ID);
	struct err err;
	int done, rc;

	(void)fd;
	(void)what;
	loop_does("counting connections");
	rc = nl_receive(&counts->nl, module ? left_parse_pool : ct_take_left,
			&counts->running, &done);
	counts->spent += clock_us(CLOCK_THREAD_CPUTIME_ID) - start;
	if (!rc && !done)
		return;
	if (rc == -EINTR && ++counts->tries < TRIES) {
		stop(counts);
		loop_timer(counts->begin, 0);
		return;
	}
	if (rc)
		err_set(&err, rc, NULL, "cannot list %s: %s",
			module ? "the module's pools" :
				 "conntrack's connections",
			nl_reason(&counts->nl, rc));
	finish(counts, rc ? &err : NULL);
}

static int ask(struct counts *counts, struct err *err)
{
	const struct dnatd *dnatd = counts->dnatd;
	int rc = dnatd->in_force == ALLOC_MODULE ?
		kmod_pools_more(dnatd->kmod, &counts->nl, NULL, NULL, err) :
		ct_more(&counts->nl, NULL, NULL, err);

	if (rc != TASK_MORE)
		return rc;
	counts->more = event_new(dnatd->base,
				 mnl_socket_get_fd(counts->nl.sock),
				 EV_READ | EV_PERSIST, take, counts);
	if (counts->more && !event_add(counts->more, NULL))
		return 0;
	if (!counts->more)
		nl_close(&counts->nl);
	return err_no_memory(err);
}

static void begin(evutil_socket_t fd, short what, void *data)
{
	struct counts *counts = data;
	struct err err;
	int rc;

	(void)fd;
	(void)what;
	loop_does("counting connections");
	counts->spent = 0;
	conn_counts_clean(&counts->running);
	rc = conn_counts_init(&counts->running, counts->dnatd->model);
	if (rc)
		err_no_memory(&err);
	else if (counts->running.n)
		rc = ask(counts, &err);
	if (rc || !counts->running.n)
		finish(counts, rc ? &err : NULL);
}

struct counts *counts_new(struct dnatd *dnatd, struct err *err)
{
	struct counts *counts = calloc(1, sizeof(*counts));

	if (counts)
		counts->begin = evtimer_new(dnatd->base, begin, counts);
	if (!counts || !counts->begin) {
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
	stop(counts);
	event_free(counts->begin);
	conn_counts_clean(&counts->running);
	conn_counts_clean(&counts->last);
	free(counts);
}

void counts_wait(struct counts *counts, struct count_wait *wait)
{
	if (wait->waits)
		return;
	wait->waits = true;
	if (counts->more) {
		TAILQ_INSERT_TAIL(&counts->next, wait, entry);
		return;
	}
	TAILQ_INSERT_TAIL(&counts->now, wait, entry);
	loop_timer(counts->begin, 0);
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
