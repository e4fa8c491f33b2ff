/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads beside the event loop's, for what the kernel or a disk may take its time
 * with.  Checks, answers and metrics go on meanwhile.
 *
 * One is for the kernel: its jobs have the table, the VIPs on interfaces and
 * dnatd->kmod_jobs to themselves.  While one is in work() nobody changes the model,
 * so that the loop and the job may both read it.  The other is for the disk: its
 * jobs have the store to themselves, and read a model that is held.  All else is
 * the loop's.
 */
#ifndef DNAT_WORKER_H
#define DNAT_WORKER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/err.h"

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
void worker_free(struct worker *worker);

/* Have what is queued done, in place of the event loop. */
void worker_finish(struct worker *worker);

/* Queue @job, which is the worker's until done(). */
void worker_add(struct worker *worker, struct job *job);

/**
 * worker_does - what is in work now
 * @ms: result, for how long, milliseconds
 *
 * Return: job->what, or NULL where nothing is
 */
const char *worker_does(const struct worker *worker, int64_t *ms);

#endif
