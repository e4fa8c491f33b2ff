/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The connections of all backends that drain, counted for all who want to know.
 * A count reads one datagram of the kernel's list a turn of the loop.
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

/* One who waits for a count; all zeros but for @done and @data at first. */
struct count_wait {
	TAILQ_ENTRY(count_wait) entry;
	bool waits;

	/* @done: the count is there, or @err says why not; may wait again */
	void (*done)(const struct err *err, void *data);
	void *data;
};

struct counts *counts_new(struct dnatd *dnatd, struct err *err);
void counts_free(struct counts *counts);

/* Wait for a count that begins after this call; later @wait->done is called. */
void counts_wait(struct counts *counts, struct count_wait *wait);
void counts_cancel(struct counts *counts, struct count_wait *wait);

/**
 * counts_left - what the last count has found
 * @n: result; the module counts by VIP and protocol: two services that share these
 *	and a backend have each the sum
 *
 * Return: false where that count is not of this backend
 */
bool counts_left(const struct counts *counts, const struct service *service,
		 const struct backend *backend, uint64_t *n);

/**
 * counts_rest_ms - how long the last count should do
 *
 * Counting takes one part in twenty of a CPU where all wait so long before they
 * want another count.
 *
 * Return: milliseconds, 0 where it is too old
 */
int64_t counts_rest_ms(const struct counts *counts);

#endif
