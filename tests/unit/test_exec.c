// SPDX-License-Identifier: GPL-2.0-only
/* Checks by programs that do not die or start, of a dnatd that was held up. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/nofile.h"
#include "check/probe.h"
#include "unit.h"

/* Longer than any turn that is waited for. */
#define TOO_LONG 60
#define SOFT 64			/* files that programs may open */

static struct event_base *base;
static struct probes probes;
static struct spawn_user user;
static struct check check;
static struct target target = { .service = "web", .check = &check };
static char dir[] = "/tmp/dnat-exec-XXXXXX";
static char path[64];
static char result[FAULT_LEN];
static enum outcome outcome;
static bool ended;
static unsigned int n_warned;
static struct err err;

/* As if the process waited for a disk that does not answer. */
static bool immortal;
static pid_t killed;

int kill(pid_t pid, int sig)
{
	killed = -pid;
	return immortal ? 0 : (int)syscall(SYS_kill, pid, sig);
}

/* As if the program were on a file server that does not answer. */
static bool hangs;

int lstat(const char *restrict name, struct stat *restrict st)
{
	while (hangs)
		pause();
	return fstatat(AT_FDCWD, name, st, AT_SYMLINK_NOFOLLOW);
}

/* How far dnatd's clock is before that of the event loop's timers. */
static time_t ahead;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int ret = (int)syscall(SYS_clock_gettime, clock, now);

	if (clock == CLOCK_MONOTONIC)
		now->tv_sec += ahead;
	return ret;
}

void say(const char *format, ...)
{
	(void)format;
}

void say_warning(const char *format, ...)
{
	(void)format;
	n_warned++;
}

void say_error(const char *format, ...)
{
	(void)format;
}

static void judged(enum outcome found, const char *fault, void *data)
{
	(void)data;
	outcome = found;
	snprintf(result, sizeof(result), "%s", fault ? fault : "");
	ended = true;
}

static void program(const char *text)
{
	FILE *file;

	snprintf(path, sizeof(path), "%s/run", dir);
	file = fopen(path, "w");
	NEED(file);
	fprintf(file, "#!/bin/sh\n%s\n", text);
	fclose(file);
	NEED(!chmod(path, 0755));
	strcpy(check.command, path);
}

static struct probe *begin(void)
{
	ended = false;
	return probe_start(&probes, &target, judged, NULL, &outcome, result);
}

static void wait_for(void)
{
	while (!ended)
		event_base_loop(base, EVLOOP_ONCE);
}

/* No wait in this process makes the timer too late for a verdict. */
static void wait_for_timer(void)
{
	ahead -= TOO_LONG;
	wait_for();
}

static void test_immortal(void)
{
	pid_t first;

	program("exec sleep 1000");
	check.timeout = 50;
	immortal = true;
	NEED(begin());
	wait_for_timer();
	CHECK_INT(outcome, OUTCOME_LATE);
	CHECK_STR(result, "no answer within 50ms");
	first = killed;

	/* No other one for this backend, which is as it was found. */
	n_warned = 0;
	do
		CHECK(!begin());
	while (outcome == OUTCOME_NONE);
	for (int i = 0; i < 3; i++) {
		CHECK(!begin());
		CHECK_INT(outcome, OUTCOME_BAD);
		CHECK_STR(result, "no answer within 50ms");
	}
	CHECK_INT(n_warned, 1);

	/* Another backend is another matter. */
	target.port = 1;
	immortal = false;
	NEED(begin());
	wait_for_timer();
	CHECK_INT(outcome, OUTCOME_LATE);
	CHECK(killed != first);
	target.port = 0;
	CHECK(!begin());

	/* Its end is heard of, and all is as before. */
	program("exit 0");
	check.timeout = 20000;
	NEED(!kill(-first, SIGKILL));
	while (!begin())
		event_base_loop(base, EVLOOP_ONCE);
	wait_for();
	CHECK_INT(outcome, OUTCOME_GOOD);
	while (!LIST_EMPTY(&probes.running))
		event_base_loop(base, EVLOOP_ONCE);
}

/* More files than a program may have are open, and it gets what it may. */
static void test_files(void)
{
	struct rlimit limit;
	int fds[SOFT];

	NEED(!getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = SOFT;
	NEED(!setrlimit(RLIMIT_NOFILE, &limit));
	nofile_raise();
	NEED(!getrlimit(RLIMIT_NOFILE, &limit));
	CHECK(limit.rlim_cur == limit.rlim_max);
	for (int i = 0; i < SOFT; i++) {
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		NEED(fds[i] >= 0);
	}
	program("ulimit -Sn; exit 1");
	NEED(begin());
	wait_for();
	CHECK_STR(result, "the program ended with status 1: 64");
	for (int i = 0; i < SOFT; i++)
		close(fds[i]);
	NEED(!getrlimit(RLIMIT_NOFILE, &limit));
	CHECK(limit.rlim_cur == limit.rlim_max);
}

/* Nor has the child, while it waits, anything that dnatd has closed. */
static void test_hang(void)
{
	int fds[2];
	char end;

	program("exit 0");
	check.timeout = 50;
	NEED(!pipe2(fds, O_CLOEXEC));
	hangs = true;
	NEED(begin());
	hangs = false;
	close(fds[1]);
	CHECK(!read(fds[0], &end, 1));
	close(fds[0]);
	CHECK(!ended);
	wait_for_timer();
	CHECK_INT(outcome, OUTCOME_LATE);
	check.timeout = 20000;
	while (!begin())
		event_base_loop(base, EVLOOP_ONCE);
	wait_for();
	CHECK_INT(outcome, OUTCOME_GOOD);
}

/* What dnatd did not come to see says nothing of a backend. */
static void test_held_up(void)
{
	static const unsigned int timeouts[] = { 50, 600 };

	program("exec sleep 1000");
	for (size_t i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
		check.timeout = timeouts[i];
		NEED(begin());
		ahead += TOO_LONG;
		wait_for();
		CHECK_INT(outcome, OUTCOME_NONE);
		CHECK(!strncmp(result, "dnatd itself was stopped or busy until ", 39));
		while (!LIST_EMPTY(&probes.running))
			event_base_loop(base, EVLOOP_ONCE);
	}
}

/* A process that does not die does not keep dnatd from its end. */
static void test_end(void)
{
	pid_t last;

	program("exec sleep 1000");
	check.timeout = 50;
	immortal = true;
	NEED(begin());
	wait_for_timer();
	last = killed;
	probes_clean(&probes);
	CHECK(LIST_EMPTY(&probes.running));
	immortal = false;
	kill(-last, SIGKILL);
}

int main(void)
{
	alarm(TOO_LONG);
	base = event_base_new();
	NEED(base && !probes_init(&probes, base, &user) &&
	     !spawn_user_init(&user, NULL, &err));
	NEED(mkdtemp(dir) && !chmod(dir, 0755));
	check_init(&check);
	check.type = CHECK_EXEC;
	check.timeout = 20000;
	test_files();
	test_immortal();
	test_hang();
	test_held_up();
	test_end();
	unlink(path);
	rmdir(dir);
	event_base_free(base);
	return unit_result();
}
