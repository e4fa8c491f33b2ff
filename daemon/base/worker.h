/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads for calls that the kernel or a disk may delay.  The event loop goes
 * on with checks, answers and metrics meanwhile.
 *
 * One worker is for the kernel.  Only its jobs use the nft table, the VIPs on
 * interfaces and dnatd->kmod_jobs.  While a job is in work() the model does not
 * change, so that the loop and the job may both read it.  The other worker is
 * for the disk.  Only its jobs use the store; they read a model that is held
 * (model_hold()).  Everything else belongs to the event loop.
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
	const char *what;	/* for messages, such as "a change" */

	/* @begin: runs in the event loop, just before @work; may be NULL */
	void (*begin)(struct job *job);

	/* @work: runs in the worker's thread */
	void (*work)(struct job *job);

	/* @done: runs in the event loop; may free @job or add it again */
	void (*done)(struct job *job);
};

/* Return: NULL with @err set */
struct worker *worker_new(struct event_base *base, struct err *err);
void worker_free(struct worker *worker);

/*
 * Wait for all queued jobs and call their done().  For shutdown, when the event
 * loop no longer runs.
 */
void worker_finish(struct worker *worker);

/* Queue @job.  The worker owns it until done() is called. */
void worker_add(struct worker *worker, struct job *job);

/**
 * worker_does - the current job
 * @worker: may be NULL
 * @ms: result, its age in milliseconds
 *
 * Return: job->what, or NULL if there is no job
 */
const char *worker_does(const struct worker *worker, int64_t *ms);

#endif
