/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A unit of work that is too long for one turn of the loop.  It is done in
 * steps by loop_run() (loop.h), which yields after a few milliseconds.
 */
#ifndef DNAT_TASK_H
#define DNAT_TASK_H

#include <stdlib.h>
#include <sys/queue.h>

#include "common/err.h"
#include "common/text.h"

/* What a step returns, unless it is a negative errno with @err set. */
enum { TASK_DONE, TASK_MORE, TASK_LATER };

/* The first member of a larger struct. */
struct task {
	/**
	 * @step: do one step, of about a millisecond
	 * @rows: what the task writes is appended here; NULL if it writes
	 *	nothing
	 *
	 * Return: TASK_MORE: more steps follow, TASK_DONE: this was the last
	 *	one, TASK_LATER: nothing can be done now, or a negative errno
	 */
	int (*step)(struct task *task, struct text *rows, struct err *err);

	/* @free: free the task; it may be unfinished */
	void (*free)(struct task *task);

	STAILQ_ENTRY(task) entry;	/* for loop_finish() */
};

/* Return: @size bytes, zeros after the struct task; NULL: no memory */
static inline void *task_new(size_t size,
			     int (*step)(struct task *task, struct text *rows,
					 struct err *err),
			     void (*free)(struct task *task))
{
	struct task *task = calloc(1, size);

	if (task) {
		task->step = step;
		task->free = free;
	}
	return task;
}

static inline void task_free(struct task *task)
{
	if (task)
		task->free(task);
}

#endif
