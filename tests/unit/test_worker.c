// SPDX-License-Identifier: GPL-2.0-only
/* Jobs beside the event loop: their order, and that nothing waits for them. */
#include <unistd.h>

#include "base/worker.h"
#include "unit.h"

/* Longer than any turn that is waited for. */
#define TOO_LONG 60

struct step {
	struct job job;
	char name;
};

static struct event_base *base;
static struct worker *worker;
static struct err err;
static char begun[16], worked[16], done[16];
static int gate[2];		/* a job waits until there is a byte in it */

static void note(char *list, char name)
{
	list[strlen(list)] = name;
}

static void step_begin(struct job *job)
{
	note(begun, ((struct step *)job)->name);
}

static void step_work(struct job *job)
{
	note(worked, ((struct step *)job)->name);
}

static void step_done(struct job *job)
{
	note(done, ((struct step *)job)->name);
}

static void wait_at_gate(struct job *job)
{
	char byte;

	NEED(read(gate[0], &byte, 1) == 1);
	step_work(job);
}

/* Another round, behind all others. */
static void done_again(struct job *job)
{
	step_done(job);
	job->done = step_done;
	worker_add(worker, job);
}

static struct step step(char name)
{
	return (struct step){
		.job = { .what = "a test", .begin = step_begin,
			 .work = step_work, .done = step_done },
		.name = name,
	};
}

static void clear(void)
{
	memset(begun, 0, sizeof(begun));
	memset(worked, 0, sizeof(worked));
	memset(done, 0, sizeof(done));
}

static void until(size_t n)
{
	while (strlen(done) < n)
		event_base_loop(base, EVLOOP_ONCE);
}

static void test_order(void)
{
	struct step a = step('a'), b = step('b');

	clear();
	a.job.done = done_again;
	worker_add(worker, &a.job);
	worker_add(worker, &b.job);
	until(3);
	CHECK_STR(begun, "aba");
	CHECK_STR(worked, "aba");
	CHECK_STR(done, "aba");
}

static void ticked(evutil_socket_t fd, short what, void *ticks)
{
	(void)fd;
	(void)what;
	++*(int *)ticks;
}

/* A disk that hangs holds up jobs, and nothing else. */
static void test_loop_goes_on(void)
{
	static const struct timeval often = { 0, 1000 };
	struct step a = step('a'), b = step('b');
	struct event *tick;
	int64_t ms = -1;
	int ticks = 0;

	clear();
	CHECK(!worker_does(worker, &ms));
	a.job.work = wait_at_gate;
	tick = event_new(base, -1, EV_PERSIST, ticked, &ticks);
	NEED(tick && !event_add(tick, &often));
	worker_add(worker, &a.job);
	worker_add(worker, &b.job);
	while (ticks < 5)
		event_base_loop(base, EVLOOP_ONCE);
	CHECK_STR(begun, "a");
	CHECK_STR(done, "");
	CHECK_STR(worker_does(worker, &ms), "a test");
	CHECK(ms > 0);
	NEED(write(gate[1], "x", 1) == 1);
	until(2);
	CHECK_STR(done, "ab");
	CHECK(!worker_does(worker, &ms));
	event_free(tick);
}

/* What was asked for is done before the end. */
static void test_end(void)
{
	struct step a = step('a'), b = step('b');

	clear();
	worker_add(worker, &a.job);
	worker_add(worker, &b.job);
	worker_free(worker);
	CHECK_STR(done, "ab");
}

int main(void)
{
	alarm(TOO_LONG);
	base = event_base_new();
	NEED(base && !pipe(gate));
	worker = worker_new(base, &err);
	NEED(worker);
	test_order();
	test_loop_goes_on();
	test_end();
	worker_free(NULL);
	close(gate[0]);
	close(gate[1]);
	event_base_free(base);
	libevent_global_shutdown();
	return unit_result();
}
