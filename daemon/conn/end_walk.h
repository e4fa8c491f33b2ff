/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections that are being ended, a part of them at a time. */
#ifndef DNAT_END_WALK_H
#define DNAT_END_WALK_H

#include <stdint.h>

#include "common/err.h"

struct end_walk {
	/**
	 * @more: end some; soon, for everybody waits
	 *
	 * Return: 1 with more to come, 0 where these were the last, or a
	 *	negative errno with @err set
	 */
	int (*more)(struct end_walk *ending, struct err *err);

	/* @free: finished or not; what is not ended yet goes on */
	void (*free)(struct end_walk *ending);

	int fd;			/* readable when more() need not wait */
	uint64_t ended;		/* so far */
};

#endif
