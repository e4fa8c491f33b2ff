// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/worker.h"

TAILQ_HEAD(jobs, job);

struct worker {
	struct jobs queue;
	struct job *job;	/* from its begin() to its done(); NULL: none */
	uint64_t since;		/* start of @job, ms of clock_now() */
	bool started;		/* @thread is valid */
	pthread_t thread;
	sem_t begun;		/* gives @job to the thread; NULL ends it */
	int ended;		/* eventfd: gives @job back to the event loop */
	struct event *event;
};

static void *run(void *data)
{
	static const uint64_t one = 1;
	struct worker *worker = data;

	for (;;) {
		while (sem_wait(&worker->begun))
			;
		if (!worker->job)
			return NULL;
		worker->job->work(worker->job);
		while (write(worker->ended, &one, sizeof(one)) < 0)
			;
	}
}

static void start(struct worker *worker)
{
	struct job *job = TAILQ_FIRST(&worker->queue);

	if (worker->job || !job)
		return;
	TAILQ_REMOVE(&worker->queue, job, entry);
	worker->job = job;
	worker->since = clock_now();
	if (job->begin)
		job->begin(job);
	sem_post(&worker->begun);
}

static void take(struct worker *worker)
{
	struct job *job = worker->job;

	job->done(job);
	worker->job = NULL;
	start(worker);
}

static void readable(evutil_socket_t fd, short what, void *data)
{
	struct worker *worker = data;
	uint64_t n;

	(void)what;
	if (read(fd, &n, sizeof(n)) != sizeof(n))
		return;
	loop_does(worker->job->what);
	take(worker);
}

/* The thread blocks all signals: the event loop handles them. */
static int thread_start(struct worker *worker)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&worker->thread, NULL, run, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	worker->started = !ret;
	return -ret;
}

struct worker *worker_new(struct event_base *base, struct err *err)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	int ret = -ENOMEM;

	if (!worker) {
		err_no_memory(err);
		return NULL;
	}
	TAILQ_INIT(&worker->queue);
	sem_init(&worker->begun, 0, 0);
	worker->ended = eventfd(0, EFD_CLOEXEC);
	if (worker->ended < 0)
		ret = -errno;
	else
		worker->event = event_new(base, worker->ended,
					  EV_READ | EV_PERSIST, readable,
					  worker);
	if (worker->event && !event_add(worker->event, NULL))
		ret = thread_start(worker);
	if (!ret)
		return worker;
	err_set(err, ret, NULL, "no thread for changes: %s", strerror(-ret));
	worker_free(worker);
	return NULL;
}

void worker_finish(struct worker *worker)
{
	uint64_t n;

	while (worker->job)
		if (read(worker->ended, &n, sizeof(n)) == sizeof(n))
			take(worker);
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	worker_finish(worker);
	if (worker->started) {
		sem_post(&worker->begun);
		pthread_join(worker->thread, NULL);
	}
	if (worker->event)
		event_free(worker->event);
	if (worker->ended >= 0)
		close(worker->ended);
	sem_destroy(&worker->begun);
	free(worker);
}

void worker_add(struct worker *worker, struct job *job)
{
	TAILQ_INSERT_TAIL(&worker->queue, job, entry);
	start(worker);
}

const char *worker_does(const struct worker *worker, int64_t *ms)
{
	if (!worker || !worker->job)
		return NULL;
	*ms = (int64_t)(clock_now() - worker->since);
	return worker->job->what;
}
