/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections that are being ended, a part of them at a time. */
#ifndef DNAT_ENDING_H
#define DNAT_ENDING_H

#include <stdint.h>

#include "common/err.h"

struct ending {
	/**
	 * @more: end some; soon, for everybody waits
	 *
	 * Return: 1 with more to come, 0 where these were the last, or a
	 *	negative errno with @err set
	 */
	int (*more)(struct ending *ending, struct err *err);

	/* @free: finished or not; what is not ended yet goes on */
	void (*free)(struct ending *ending);

	int fd;			/* readable when more() need not wait */
	uint64_t ended;		/* so far */
};

#endif
