// SPDX-License-Identifier: GPL-2.0-only
/* Turns of the loop: how long they are, and what a long one does to timers. */
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"
#include "unit.h"

#define TIMER_MS 50

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void busy(long ms)
{
	const struct timespec time = { 0, ms * 1000000 };

	nanosleep(&time, NULL);
}

static void long_one(evutil_socket_t fd, short what, void *ms)
{
	(void)fd;
	(void)what;
	loop_does("something short");
	loop_does("something long");
	busy((long)(intptr_t)ms);
	loop_does("something short");
}

static void early(evutil_socket_t fd, short what, void *begin)
{
	(void)fd;
	(void)what;
	/* libevent's clock lags by some milliseconds. */
	CHECK(now_ms() - *(int64_t *)begin >= TIMER_MS / 2);
}

/* Sets a timer in the turn that long_one() has made long. */
static void late(evutil_socket_t fd, short what, void *base)
{
	static const struct timeval limit = { 0, TIMER_MS * 1000 };
	static int64_t begin;

	(void)fd;
	(void)what;
	loop_does("setting a timer");
	begin = now_ms();
	NEED(!event_base_once(base, -1, EV_TIMEOUT, early, &begin, &limit));
}

/* What is logged while a callback takes @ms. */
static const char *logged(struct event_base *base, long ms)
{
	static char text[1024];
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	char stream[64];
	struct stat st;
	size_t len;

	NEED(file && saved >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0 &&
	     !fstat(STDERR_FILENO, &st));
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	NEED(!event_base_once(base, -1, EV_TIMEOUT, long_one,
			      (void *)(intptr_t)ms, NULL));
	NEED(event_base_dispatch(base) == 1);
	NEED(dup2(saved, STDERR_FILENO) >= 0);
	rewind(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	close(saved);
	return text;
}

static void test_length(struct event_base *base)
{
	const uint64_t before = loop_slow_turns();
	uint64_t slow;
	int64_t begin;
	const char *log;

	logged(base, LOOP_SLOW_MS + 1);
	CHECK_INT(loop_slow_turns() - before, 1);
	CHECK(loop_longest_us() > LOOP_SLOW_MS * 1000);
	/* On a slow machine that one may have been logged, and this one not. */
	do {
		slow = loop_slow_turns();
		begin = now_ms();
		log = logged(base, LOOP_LOGGED_MS + 1);
		CHECK_INT(loop_slow_turns() - slow, 1);
	} while (!*log);
	CHECK(strstr(log, "<4>dnatd: nothing else was done for "));
	CHECK(strstr(log, " ms of processor time: something long took "));
	CHECK(loop_longest_us() > LOOP_LOGGED_MS * 1000);
	/* The log is not filled with them. */
	log = logged(base, LOOP_LOGGED_MS + 1);
	CHECK(!*log || now_ms() - begin >= 1000);
}

static void test_timer(struct event_base *base)
{
	NEED(!event_base_once(base, -1, EV_TIMEOUT, long_one,
			      (void *)(intptr_t)TIMER_MS, NULL));
	NEED(!event_base_once(base, -1, EV_TIMEOUT, late, base, NULL));
	NEED(event_base_dispatch(base) == 1);
}

/* Has steps of a millisecond. */
struct steps {
	struct task task;
	int left;
};

static int freed;

static int step(struct task *task, struct text *rows, struct err *err)
{
	struct steps *steps = (struct steps *)task;

	(void)rows;
	(void)err;
	busy(1);
	return --steps->left ? TASK_MORE : TASK_DONE;
}

static void steps_free(struct task *task)
{
	freed++;
	free(task);
}

static struct steps *steps_new(int n)
{
	struct steps *steps = task_new(sizeof(*steps), step, steps_free);

	NEED(steps);
	steps->left = n;
	return steps;
}

static void run_some(evutil_socket_t fd, short what, void *data)
{
	struct steps *steps = data;

	(void)fd;
	(void)what;
	loop_does("a task");
	CHECK_INT(loop_run(&steps->task, NULL, NULL), TASK_MORE);
}

/* One step where no turn is measured; in a turn as many as there is time for. */
static void test_task(struct event_base *base)
{
	struct steps *steps = steps_new(1000);

	CHECK_INT(loop_run(&steps->task, NULL, NULL), TASK_MORE);
	CHECK_INT(steps->left, 999);
	NEED(!event_base_once(base, -1, EV_TIMEOUT, run_some, steps, NULL));
	NEED(event_base_dispatch(base) == 1);
	CHECK(steps->left < 999);
	CHECK(steps->left >= 999 - LOOP_BUDGET_MS);
	steps->left = 20;
	loop_finish(&steps->task);
	CHECK_INT(freed, 0);
	NEED(event_base_dispatch(base) == 1);
	CHECK_INT(freed, 1);
	loop_finish(&steps_new(2)->task);
	loop_finish(&steps_new(2)->task);
	loop_measure_end();
	CHECK_INT(freed, 3);
	loop_finish(&steps_new(2)->task);
	CHECK_INT(freed, 4);
}

int main(void)
{
	struct event_base *base;

	/* Nobody measures. */
	loop_does("nothing");
	base = loop_base_new();

	NEED(base);
	test_length(base);
	test_timer(base);
	test_task(base);
	event_base_free(base);
	return unit_result();
}
