/* SPDX-License-Identifier: GPL-2.0-only */
/* A job that ends connections in parts. */
#ifndef DNAT_END_WALK_H
#define DNAT_END_WALK_H

#include <stdint.h>

#include "common/err.h"

struct end_walk {
	/**
	 * @more: do the next part; must be quick, the event loop waits for it
	 *
	 * Return: 1: more parts follow, 0: this was the last one, or a negative
	 *	errno with @err set
	 */
	int (*more)(struct end_walk *ending, struct err *err);

	/* @free: free the job; if it is unfinished, other connections go on */
	void (*free)(struct end_walk *ending);

	int fd;			/* when it is readable, @more does not block */
	uint64_t ended;		/* connections ended so far */
};

#endif
