/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An answer that is too large to keep in memory.  Its parts are made one by
 * one, as the client reads them.
 */
#ifndef DNAT_LONG_ANSWER_H
#define DNAT_LONG_ANSWER_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "common/text.h"

struct long_answer {
	/**
	 * @next: make one part; must be quick, the event loop waits for it
	 * @rows: rows of this part are appended here with text_row()
	 *
	 * Return: 1: more parts follow, 0: this was the last one,
	 *	LONG_ANSWER_LATER: there is none now, or a negative errno with
	 *	@err set
	 */
	int (*next)(struct long_answer *parts, struct text *rows,
		    struct err *err);

	/* @free: free the answer; it may be unfinished */
	void (*free)(struct long_answer *parts);

	/*
	 * @whole: all parts together are one line.  @rows is the line's result;
	 * @next writes the brackets of an array, too.
	 */
	bool whole;

	/* @endless: the answer ends when the client shuts down its direction */
	bool endless;

	/* @errors: borrowed array of all errors of a failed @next, or NULL */
	json_t *errors;

	/*
	 * @wake: set by the reader of the parts, or NULL.  Called with
	 * @wake_data when @next has a part after LONG_ANSWER_LATER, and perhaps
	 * when it has none.  Must not call @next.
	 */
	void (*wake)(void *wake_data);
	void *wake_data;
};

#define LONG_ANSWER_LATER 2

static inline void long_answer_free(struct long_answer *parts)
{
	if (parts)
		parts->free(parts);
}

#endif
