// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nofile.h"
#include "check/spawn.h"
#include "common/addr.h"

#define NOBODY 65534	/* the kernel's overflowuid */
#define LINKS_MAX 40		/* same limit as the kernel's */

int spawn_user_init(struct spawn_user *user, const char *name,
		    struct err *err)
{
	const struct passwd *entry = getpwnam(name ? name : SPAWN_USER);
	char quoted[80];

	if (!entry && !name) {
		*user = (struct spawn_user){ .uid = NOBODY, .gid = NOBODY };
		return 0;
	}
	if (!entry)
		return err_set(err, -ENOENT, NULL,
			       "--check-user \"%s\": there is no such user; see \"getent passwd\"",
			       text_quote(name, quoted, sizeof(quoted)));
	user->uid = entry->pw_uid;
	user->gid = entry->pw_gid;
	user->n_groups = SPAWN_GROUPS;
	if (getgrouplist(entry->pw_name, user->gid, user->groups,
			 &user->n_groups) < 0)
		user->n_groups = SPAWN_GROUPS;
	return 0;
}

/*
 * Whether others than root and our own user can change the file.  In a sticky
 * directory only the owner of a file can replace it.  The mode of a symbolic
 * link has no meaning.
 */
static bool others_write(const struct stat *st)
{
	if (st->st_uid && st->st_uid != geteuid())
		return true;
	if (S_ISLNK(st->st_mode) ||
	    (S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX))
		return false;
	return st->st_mode & S_IWOTH || (st->st_mode & S_IWGRP && st->st_gid);
}

static int no_start(char *fault, int error)
{
	snprintf(fault, FAULT_LEN, "the program does not start: %s",
		 strerror(error));
	return -error;
}

/*
 * Check the program and each directory and symbolic link in its path.
 * @real: result, @path with all links resolved; executed instead of @path, as
 *	links may change after the check
 */
static int trust(const char *path, char *real, char *fault)
{
	char rest[PATH_MAX], to[PATH_MAX];
	size_t begin, len = 0;
	struct stat st;
	int links = 0;
	ssize_t n;

	snprintf(real, PATH_MAX, "%s", path);
	do {
		begin = len + strspn(real + len, "/");
		len = begin + strcspn(real + begin, "/");
		strcpy(rest, real + len);
		real[len] = '\0';
		if (lstat(real, &st))
			return no_start(fault, errno);
		if (others_write(&st)) {
			snprintf(fault, FAULT_LEN,
				 "the program is not run, others than root can write %.80s; see chown and chmod go-w",
				 real);
			return -ECANCELED;
		}
		if (!S_ISLNK(st.st_mode)) {
			strcpy(real + len, rest);
			continue;
		}
		n = readlink(real, to, sizeof(to) - 1);
		if (n < 0 || ++links > LINKS_MAX)
			return no_start(fault, n < 0 ? errno : ELOOP);
		to[n] = '\0';
		len = *to == '/' ? 0 : begin;
		if ((size_t)snprintf(real + len, PATH_MAX - len, "%s%s", to,
				     rest) >= PATH_MAX - len)
			return no_start(fault, ENAMETOOLONG);
	} while (real[len]);
	return 0;
}

/*
 * Detach the child from dnatd: it may wait for a file system for long and must
 * not keep dnatd's locks and sockets open.  Its own process group can be
 * killed.
 */
static int leave(int output)
{
	static const struct sigaction by_default = { .sa_handler = SIG_DFL };

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &by_default, NULL);
	/* Close dnatd's files; nofile_lower() undoes its higher limit. */
	if (dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0 ||
	    close_range(STDERR_FILENO + 1, ~0U, 0) || close(STDIN_FILENO) ||
	    open("/dev/null", O_RDWR) != STDIN_FILENO)
		return -1;
	nofile_lower();
	return setpgid(0, 0);
}

static int become(const struct spawn_user *user)
{
	sigset_t none;

	/* No change is needed, and none is possible without capabilities. */
	if ((user->uid != geteuid() || user->gid != getegid()) &&
	    (setgroups((size_t)user->n_groups, user->groups) ||
	     setresgid(user->gid, user->gid, user->gid) ||
	     setresuid(user->uid, user->uid, user->uid)))
		return -1;
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Runs in the child.  Returns only if the program did not start. */
static struct spawn_fault run(const struct spawn_user *user, const char *path,
			      char *const argv[], char *const env[],
			      int output)
{
	struct spawn_fault fault = { 0 };
	char real[PATH_MAX];

	if (!leave(output)) {
		fault.error = -trust(path, real, fault.text);
		if (fault.error)
			return fault;
		if (!become(user))
			execve(real, argv, env);
	}
	/*
	 * EPERM: dnatd lacks the right to change the user or to run the file.
	 */
	fault.error = errno == EPERM ? ECANCELED : errno;
	snprintf(fault.text, FAULT_LEN, "the program does not start: %s",
		 strerror(errno));
	return fault;
}

struct spawn_fault *spawn_fault_new(void)
{
	void *fault = mmap(NULL, sizeof(struct spawn_fault),
			   PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			   -1, 0);

	return fault == MAP_FAILED ? NULL : fault;
}

void spawn_fault_free(struct spawn_fault *fault)
{
	if (fault)
		munmap(fault, sizeof(*fault));
}

pid_t spawn_program(const struct spawn_user *user, const char *path,
		    char *const argv[], char *const env[], int output,
		    struct spawn_fault *fault)
{
	sigset_t all, before;
	pid_t pid;
	int error;

	/* In the child dnatd's handlers would write to its event loop. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (!pid) {
		*fault = run(user, path, argv, env, output);
		_exit(127);
	}
	error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		return -error;
	/* Parent and child both do this, as either can be first. */
	setpgid(pid, pid);
	return pid;
}
