// SPDX-License-Identifier: GPL-2.0-only
/* One dnatd in a network namespace, and nobody else who keeps it from starting. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/netns.h"
#include "unit.h"

#define USER 65534

static char dir[] = "/tmp/dnat-netns-XXXXXX";
static char run[64];
static struct err err;

/* A process of @user that has the name, and listens on it or not. */
static pid_t squat(uid_t user, int backlog)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "\0dnatd" };
	int ready[2];
	char byte;
	pid_t pid;

	NEED(!pipe(ready));
	pid = fork();
	NEED(pid >= 0);
	if (!pid) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		NEED(!setuid(user));
		NEED(!bind(fd, (struct sockaddr *)&sun,
			   offsetof(struct sockaddr_un, sun_path) + 6));
		NEED(backlog < 0 || !listen(fd, backlog));
		NEED(write(ready[1], "", 1) == 1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	NEED(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	NEED(waitpid(pid, NULL, 0) == pid);
}

/* What netns_lock() says, and what it logs. */
static int lock(struct netns *netns, const char *where, char *log, size_t len)
{
	FILE *file = tmpfile();
	int kept = dup(2);
	int ret;

	NEED(file && kept >= 0 && dup2(fileno(file), 2) == 2);
	memset(&err, 0, sizeof(err));
	ret = netns_lock(netns, where, &err);
	NEED(dup2(kept, 2) == 2);
	rewind(file);
	log[fread(log, 1, len - 1, file)] = '\0';
	fclose(file);
	close(kept);
	return ret;
}

static void test_alone(void)
{
	struct netns one, two;
	char log[512];
	struct stat st;

	CHECK_INT(lock(&one, run, log, sizeof(log)), 0);
	CHECK_STR(log, "");
	NEED(!stat(run, &st));
	CHECK_INT(st.st_mode & 07777, 0755);
	CHECK_INT(lock(&two, run, log, sizeof(log)), -EADDRINUSE);
	CHECK(strstr(err.msg, "is dnatd in this network namespace already; stop it first"));
	/* A container of its own /run. */
	CHECK_INT(lock(&two, dir, log, sizeof(log)), -EADDRINUSE);
	CHECK(strstr(err.msg, "is dnatd in this network namespace already; stop it first"));
	/* Questions fill the queue; the answer is much the same. */
	for (int i = 0; i < 100; i++)
		CHECK_INT(lock(&two, run, log, sizeof(log)), -EADDRINUSE);
	CHECK(strstr(err.msg, "stop it first"));
	netns_unlock(&one);
	CHECK_INT(lock(&one, run, log, sizeof(log)), 0);
	netns_unlock(&one);
}

static void test_squatters(void)
{
	char log[512], wanted[256];
	struct netns netns;
	pid_t pid;

	pid = squat(USER, 1);
	CHECK_INT(lock(&netns, run, log, sizeof(log)), 0);
	snprintf(wanted, sizeof(wanted),
		 "dnatd: process %d of user %d has the abstract socket @dnatd, which is dnatd's; dnatd starts nevertheless\n",
		 (int)pid, USER);
	CHECK_STR(log, wanted);
	netns_unlock(&netns);
	/* Where there is no file to lock it might be one. */
	CHECK_INT(lock(&netns, "/proc/none", log, sizeof(log)), -EADDRINUSE);
	CHECK(strstr(err.msg, "of user 65534 has the abstract socket @dnatd, and there is no lock in /proc/none"));
	end(pid);

	pid = squat(USER, -1);
	CHECK_INT(lock(&netns, run, log, sizeof(log)), 0);
	CHECK_STR(log, "dnatd: some process has the abstract socket @dnatd, which is dnatd's; dnatd starts nevertheless\n");
	netns_unlock(&netns);
	end(pid);

	pid = squat(0, 1);
	CHECK_INT(lock(&netns, run, log, sizeof(log)), -EADDRINUSE);
	snprintf(wanted, sizeof(wanted),
		 "process %d of user 0 is dnatd in this network namespace already; stop it first",
		 (int)pid);
	CHECK_STR(err.msg, wanted);
	end(pid);

	/* Without either way to tell, the name is enough. */
	CHECK_INT(lock(&netns, "/proc/none", log, sizeof(log)), 0);
	netns_unlock(&netns);
}

int main(void)
{
	char path[128];
	struct stat st;

	if (geteuid() || unshare(CLONE_NEWNET)) {
		puts("no network namespace of its own: not root");
		return 77;
	}
	NEED(mkdtemp(dir));
	snprintf(run, sizeof(run), "%s/run", dir);
	test_alone();
	test_squatters();
	NEED(!stat("/proc/self/ns/net", &st));
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/netns-%ju.lock", i ? run : dir,
			 (uintmax_t)st.st_ino);
		unlink(path);
	}
	rmdir(run);
	NEED(!rmdir(dir));
	return unit_result();
}
