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
	",\"notes\":[\"allocator nf_nat sends no resets: an end that only waits learns of the end when it sends\"]"
#define ACTIVE_MAX 8		/* each has sockets and buffers */

struct end_task {
	TAILQ_ENTRY(end_task) entry;
	struct dnatd *dnatd;
	struct conn_filter filter;
	struct conn_set set;	/* used instead of @filter if not empty */
	bool early;		/* conns_end_early(): use neither */
	bool active;		/* started, counts for ACTIVE_MAX */
	struct task *ending;	/* NULL: not begun */
	uint64_t ended;
	struct event *timer;
	end_fn *fn;
	void *data;
};

struct end_parts {
	struct long_answer parts;
	bool forgets;		/* nf_nat: no resets are sent */
	struct task *ending;
	uint64_t ended;
};

static struct task *ending_new(const struct dnatd *dnatd,
			       const struct conn_filter *filter,
			       uint64_t *ended)
{
	if (dnatd->in_force == ALLOC_MODULE)
		return kmod_end(dnatd->kmod, filter, ended);
	return ct_end(dnatd->model, filter, ended);
}

static void end_task_free(struct end_task *task)
{
	struct endings *endings = &task->dnatd->endings;

	TAILQ_REMOVE(&endings->tasks, task, entry);
	endings->n_active -= task->active;
	event_free(task->timer);
	task_free(task->ending);
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
		event_active(task->timer, EV_TIMEOUT, 0);
	}
}

static void task_done(struct end_task *task, const struct err *err)
{
	uint64_t ended = task->ended;
	struct endings *endings = &task->dnatd->endings;
	void *data = task->data;
	end_fn *fn = task->fn;

	end_task_free(task);
	tasks_start(endings);
	if (fn)
		fn(ended, err, data);
}

static struct task *task_ending(struct end_task *task)
{
	const struct dnatd *dnatd = task->dnatd;

	if (task->early)
		return ct_end(dnatd->model, NULL, &task->ended);
	if (task->set.n)
		return ct_end_set(&task->set, &task->ended);
	return ending_new(dnatd, &task->filter, &task->ended);
}

static void task_run(evutil_socket_t fd, short what, void *data)
{
	struct end_task *task = data;
	struct err err = { 0 };
	int rc;

	(void)fd;
	(void)what;
	loop_does("ending connections");
	if (!task->ending)
		task->ending = task_ending(task);
	rc = task->ending ? loop_run(task->ending, NULL, &err) :
			    err_no_memory(&err);
	if (rc == TASK_MORE)
		loop_timer(task->timer, 0);
	else
		task_done(task, rc ? &err : NULL);
}

static struct end_task *end_task_new(struct dnatd *dnatd)
{
	struct end_task *task = calloc(1, sizeof(*task));

	if (task)
		task->timer = evtimer_new(dnatd->base, task_run, task);
	if (!task || !task->timer) {
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
	struct end_task *task = end_task_new(dnatd);

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
	struct end_task *task = end_task_new(dnatd);

	if (!task)
		return -ENOMEM;
	task->set = *set;
	*set = (struct conn_set){ 0 };
	tasks_start(&dnatd->endings);
	return 0;
}

void conns_end_early(struct dnatd *dnatd)
{
	struct end_task *task;

	if (!dnatd->model->n_services)
		return;
	for (task = dnatd->endings.tasks.tqh_first; task;
	     task = TAILQ_NEXT(task, entry))
		if (task->early && !task->ending)
			return;
	task = end_task_new(dnatd);
	if (!task)
		return;
	task->early = true;
	tasks_start(&dnatd->endings);
}

void conns_end_stop(struct dnatd *dnatd)
{
	while (dnatd->endings.tasks.tqh_first)
		end_task_free(dnatd->endings.tasks.tqh_first);
}

static int parts_next(struct task *task, struct text *rows, struct err *err)
{
	const struct end_parts *answer = (struct end_parts *)task;
	int rc = loop_run(answer->ending, NULL, err);
	char *row;

	if (rc)
		return rc;
	row = text_row(rows, ROW_LEN);
	if (!row)
		return err_no_memory(err);
	rows->len += (size_t)snprintf(row, ROW_LEN, "{\"ended\":%" PRIu64 "%s}",
				      answer->ended,
				      answer->forgets && answer->ended ?
					      FORGETS_NOTE : "");
	return 0;
}

static void end_parts_free(struct task *task)
{
	task_free(((struct end_parts *)task)->ending);
	free(task);
}

int conns_end_parts(struct dnatd *dnatd, const struct conn_filter *filter,
		    struct long_answer **parts, struct err *err)
{
	struct end_parts *answer = task_new(sizeof(*answer), parts_next,
					    end_parts_free);

	if (answer)
		answer->ending = ending_new(dnatd, filter, &answer->ended);
	if (!answer || !answer->ending) {
		free(answer);
		return err_no_memory(err);
	}
	answer->forgets = dnatd->in_force != ALLOC_MODULE;
	*parts = &answer->parts;
	return 0;
}
