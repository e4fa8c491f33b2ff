// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/loop.h"
#include "conn/ct_end.h"
#include "engine/dnatd.h"
#include "engine/conns_end.h"
#include "module/kmod_end.h"

#define ROW_LEN 256		/* bytes; the row is not longer */
#define FORGETS_NOTE \
	",\"notes\":[\"allocator nf_nat only forgets connections: one who waits hears no reset, and learns of the end when he sends\"]"
#define ACTIVE_MAX 8		/* each has sockets and buffers */

struct end_task {
	TAILQ_ENTRY(end_task) entry;
	struct dnatd *dnatd;
	struct conn_filter filter;
	struct conn_set set;	/* used instead of @filter if not empty */
	bool astray;		/* conns_end_astray(): use neither */
	bool active;		/* started, counts for ACTIVE_MAX */
	struct end_walk *ending;	/* NULL before task_begin() */
	struct event *event;
	end_fn *fn;
	void *data;
};

struct end_parts {
	struct long_answer parts;
	bool forgets;		/* nf_nat: no resets are sent */
	struct end_walk *ending;
};

static int ending_new(struct dnatd *dnatd, const struct conn_filter *filter,
		      struct end_walk **ending, struct err *err)
{
	if (dnatd->in_force == ALLOC_MODULE)
		return kmod_end(dnatd->kmod, filter, ending, err);
	return ct_end(dnatd->model, filter, ending, err);
}

static void task_free(struct end_task *task)
{
	struct endings *endings = &task->dnatd->endings;

	TAILQ_REMOVE(&endings->tasks, task, entry);
	endings->n_active -= task->active;
	if (task->event)
		event_free(task->event);
	if (task->ending)
		task->ending->free(task->ending);
	conn_set_clean(&task->set);
	free(task);
}

/* Start waiting tasks, the oldest first, up to ACTIVE_MAX. */
static void tasks_start(struct endings *endings)
{
	struct end_task *task;

	for (task = TAILQ_FIRST(&endings->tasks); task;
	     task = TAILQ_NEXT(task, entry)) {
		if (task->active)
			continue;
		if (endings->n_active == ACTIVE_MAX)
			break;
		task->active = true;
		endings->n_active++;
		event_active(task->event, EV_TIMEOUT, 0);
	}
}

static void task_done(struct end_task *task, const struct err *err)
{
	uint64_t ended = task->ending ? task->ending->ended : 0;
	struct endings *endings = &task->dnatd->endings;
	void *data = task->data;
	end_fn *fn = task->fn;

	task_free(task);
	tasks_start(endings);
	if (fn)
		fn(ended, err, data);
}

static void task_run(evutil_socket_t fd, short what, void *data)
{
	struct end_task *task = data;
	struct err err = { 0 };
	int rc;

	(void)fd;
	(void)what;
	loop_does("ending connections");
	rc = task->ending->more(task->ending, &err);
	if (rc <= 0)
		task_done(task, rc ? &err : NULL);
}

static int task_ending(struct end_task *task, struct err *err)
{
	struct dnatd *dnatd = task->dnatd;

	if (task->astray)
		return ct_end_astray(dnatd->model, &task->ending, err);
	if (task->set.n)
		return ct_end_set(&task->set, &task->ending, err);
	return ending_new(dnatd, &task->filter, &task->ending, err);
}

static void task_begin(evutil_socket_t fd, short what, void *data)
{
	struct end_task *task = data;
	struct event *event = NULL;
	struct err err;

	(void)fd;
	(void)what;
	loop_does("ending connections");
	if (task_ending(task, &err)) {
		task_done(task, &err);
		return;
	}
	event = event_new(task->dnatd->base, task->ending->fd,
			  EV_READ | EV_PERSIST, task_run, task);
	if (!event || event_add(event, NULL)) {
		if (event)
			event_free(event);
		err_no_memory(&err);
		task_done(task, &err);
		return;
	}
	event_free(task->event);
	task->event = event;
}

static struct end_task *task_new(struct dnatd *dnatd)
{
	struct end_task *task = calloc(1, sizeof(*task));

	if (task)
		task->event = evtimer_new(dnatd->base, task_begin, task);
	if (!task || !task->event) {
		free(task);
		return NULL;
	}
	task->dnatd = dnatd;
	if (!dnatd->endings.tasks.tqh_last)
		TAILQ_INIT(&dnatd->endings.tasks);
	TAILQ_INSERT_TAIL(&dnatd->endings.tasks, task, entry);
	return task;
}

int conns_end(struct dnatd *dnatd, const struct conn_filter *filter,
	      end_fn *fn, void *data, struct err *err)
{
	struct end_task *task = task_new(dnatd);

	if (!task)
		return err_no_memory(err);
	task->filter = *filter;
	task->fn = fn;
	task->data = data;
	tasks_start(&dnatd->endings);
	return 0;
}

int conns_end_set(struct dnatd *dnatd, struct conn_set *set)
{
	struct end_task *task = task_new(dnatd);

	if (!task)
		return -ENOMEM;
	task->set = *set;
	*set = (struct conn_set){ 0 };
	tasks_start(&dnatd->endings);
	return 0;
}

void conns_end_astray(struct dnatd *dnatd)
{
	struct end_task *task;

	if (!dnatd->model->n_services)
		return;
	for (task = dnatd->endings.tasks.tqh_first; task;
	     task = TAILQ_NEXT(task, entry))
		if (task->astray && !task->ending)
			return;
	task = task_new(dnatd);
	if (!task)
		return;
	task->astray = true;
	tasks_start(&dnatd->endings);
}

void conns_end_stop(struct dnatd *dnatd)
{
	while (dnatd->endings.tasks.tqh_first)
		task_free(dnatd->endings.tasks.tqh_first);
}

static int parts_next(struct long_answer *parts, struct text *rows,
		      struct err *err)
{
	const struct end_parts *answer = (struct end_parts *)parts;
	struct end_walk *ending = answer->ending;
	int rc = ending->more(ending, err);
	char *row;

	if (rc)
		return rc;
	row = text_row(rows, ROW_LEN);
	if (!row)
		return err_no_memory(err);
	rows->len += (size_t)snprintf(row, ROW_LEN, "{\"ended\":%" PRIu64 "%s}",
				      ending->ended,
				      answer->forgets && ending->ended ?
					      FORGETS_NOTE : "");
	return 0;
}

static void end_parts_free(struct long_answer *parts)
{
	struct end_walk *ending = ((struct end_parts *)parts)->ending;

	ending->free(ending);
	free(parts);
}

int conns_end_parts(struct dnatd *dnatd, const struct conn_filter *filter,
		    struct long_answer **parts, struct err *err)
{
	struct end_parts *answer = calloc(1, sizeof(*answer));
	int rc;

	if (!answer)
		return err_no_memory(err);
	rc = ending_new(dnatd, filter, &answer->ending, err);
	if (rc) {
		free(answer);
		return rc;
	}
	answer->forgets = dnatd->in_force != ALLOC_MODULE;
	answer->parts.next = parts_next;
	answer->parts.free = end_parts_free;
	*parts = &answer->parts;
	return 0;
}
