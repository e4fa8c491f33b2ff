/* SPDX-License-Identifier: GPL-2.0-only */
/* An answer too large to be held at once: it is made as the client takes it. */
#ifndef DNAT_LONG_ANSWER_H
#define DNAT_LONG_ANSWER_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "common/text.h"

struct long_answer {
	/**
	 * @next: make one part of the answer; soon, for everybody waits
	 * @rows: the array so far, to append to with text_row(); or not
	 *
	 * Return: 1 with more to come, 0 where it was the last,
	 *	LONG_ANSWER_LATER where there is none yet, or a negative errno
	 *	with @err set
	 */
	int (*next)(struct long_answer *parts, struct text *rows,
		    struct err *err);

	/* @free: it is no longer wanted, finished or not */
	void (*free)(struct long_answer *parts);

	/*
	 * @whole: the parts make one line.  @rows is its result, brackets
	 * included.
	 */
	bool whole;

	/* @endless: who sends no more requests does not wait for the rest */
	bool endless;

	/* @errors: with a negative errno of @next, all that is wrong, or NULL */
	json_t *errors;

	/*
	 * @wake: called with @wake_data once there is a part after
	 * LONG_ANSWER_LATER, or oftener; NULL, or set by who asks for the parts.
	 * It asks for none of them before it returns.
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
