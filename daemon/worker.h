/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One thread beside the event loop's, for what the kernel or a disk may take its
 * time with: changes and repairs.  Checks, answers and metrics go on meanwhile.
 *
 * Jobs run one after the other.  While one is in work() nobody changes the model,
 * so that the loop and the job may both read it.  The store, the table, the VIPs
 * on interfaces and dnatd->kmod_jobs are the jobs' alone, all else is the loop's.
 */
#ifndef DNAT_WORKER_H
#define DNAT_WORKER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "err.h"

struct worker;

struct job {
	TAILQ_ENTRY(job) entry;
	const char *what;	/* it does, for who waits: "a change" */

	/* @begin: in the loop, when the jobs before are done; NULL: nothing */
	void (*begin)(struct job *job);

	/* @work: in the worker */
	void (*work)(struct job *job);

	/* @done: in the loop; may free @job, or add it again */
	void (*done)(struct job *job);
};

/* Return: NULL with @err set */
struct worker *worker_new(struct event_base *base, struct err *err);

/* What is queued is done first. */
void worker_free(struct worker *worker);

/* Queue @job, which is its own until done(): behind all others, or before them. */
void worker_add(struct worker *worker, struct job *job);
void worker_add_next(struct worker *worker, struct job *job);

/**
 * worker_does - what is in work now
 * @ms: result, for how long, milliseconds
 *
 * Return: job->what, or NULL where nothing is
 */
const char *worker_does(const struct worker *worker, int64_t *ms);

#endif
