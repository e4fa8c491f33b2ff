/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Count the connections of all draining backends.  All callers share one count.
 */
#ifndef DNAT_COUNT_H
#define DNAT_COUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/err.h"
#include "model/types.h"

struct counts;
struct dnatd;

/*
 * A caller that waits for a count.  The caller owns it and sets @done and
 * @data; the rest is zero at first.
 */
struct count_wait {
	TAILQ_ENTRY(count_wait) entry;
	bool waits;

	/* @done: called after the count; @err: NULL, or why it failed */
	void (*done)(const struct err *err, void *data);
	void *data;
};

struct counts *counts_new(struct dnatd *dnatd, struct err *err);
void counts_free(struct counts *counts);

/* Request a count that begins after this call; @wait->done is called later. */
void counts_wait(struct counts *counts, struct count_wait *wait);
void counts_cancel(struct counts *counts, struct count_wait *wait);

/**
 * counts_left - the number of connections that the last count found
 * @n: result.  The module counts by VIP and protocol: if two services share
 *	these and a backend, each gets the sum
 *
 * Return: false if the last count does not include this backend
 */
bool counts_left(const struct counts *counts, const struct service *service,
		 const struct backend *backend, uint64_t *n);

/**
 * counts_rest_ms - for how long the last count should be used
 *
 * If all callers wait that long before the next count, counting uses at most a
 * twentieth of a CPU.
 *
 * Return: milliseconds, 0 if it is too old now
 */
int64_t counts_rest_ms(const struct counts *counts);

#endif
