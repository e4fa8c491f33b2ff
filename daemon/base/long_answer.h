/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An answer that is too large to keep in memory.  A task makes it in parts, as
 * the client reads them.
 */
#ifndef DNAT_LONG_ANSWER_H
#define DNAT_LONG_ANSWER_H

#include <jansson.h>
#include <stdbool.h>

#include "base/task.h"

struct long_answer {
	struct task task;

	/*
	 * @whole: all parts together are one line.  The rows are the line's
	 * result; the task writes the brackets of an array, too.
	 */
	bool whole;

	/* @endless: the answer ends when the client shuts down its direction */
	bool endless;

	/* @errors: borrowed array of all errors of a failed step, or NULL */
	json_t *errors;

	/*
	 * @wake: set by the reader of the parts, or NULL.  Called with
	 * @wake_data when there is a part after TASK_LATER, and perhaps when
	 * there is none.  Must not run the task.
	 */
	void (*wake)(void *wake_data);
	void *wake_data;
};

static inline void long_answer_free(struct long_answer *parts)
{
	if (parts)
		task_free(&parts->task);
}

#endif
