// SPDX-License-Identifier: GPL-2.0-only
/* A file that is written as a whole, by a dnatctl that is killed, or where it cannot. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/save.h"
#include "unit.h"

#define ACL "system.posix_acl_access"

static char dir[] = "/tmp/dnat-save-XXXXXX";
static char path[64];
static struct err err;

/* As in a container without /proc: no file is without a name. */
static bool no_proc;

int access(const char *name, int mode)
{
	return no_proc ? -1 : faccessat(AT_FDCWD, name, mode, 0);
}

/* The disk is slow, and he who waits for it loses patience. */
static bool dies;

int fsync(int fd)
{
	if (dies)
		raise(SIGKILL);
	return fdatasync(fd);
}

static bool is_mounted;

int rename(const char *from, const char *to)
{
	errno = EBUSY;
	return is_mounted ? -1 : renameat(AT_FDCWD, from, AT_FDCWD, to);
}

static int n_files(void)
{
	DIR *list = opendir(dir);
	int n = -2;		/* . and .. */

	NEED(list);
	while (readdir(list))
		n++;
	closedir(list);
	return n;
}

static void put(const char *text)
{
	FILE *file = fopen(path, "w");

	NEED(file && fputs(text, file) >= 0 && !fclose(file));
}

static const char *text(void)
{
	static char all[64];
	FILE *file = fopen(path, "r");

	NEED(file);
	all[fread(all, 1, sizeof(all) - 1, file)] = '\0';
	fclose(file);
	return all;
}

static void test_whole(void)
{
	CHECK_INT(save_file(path, "one", 3, &err), 0);
	CHECK_STR(text(), "one");
	CHECK_INT(save_file(path, "two", 3, &err), 0);
	CHECK_STR(text(), "two");
	CHECK_INT(n_files(), 1);
}

static void test_killed(void)
{
	pid_t pid;
	int fd = open(dir, O_TMPFILE | O_WRONLY, 0600);

	/* This file system has none without a name. */
	if (fd < 0)
		return;
	close(fd);
	put("old");
	pid = fork();
	NEED(pid >= 0);
	dies = !pid;
	if (!pid)
		_exit(save_file(path, "new", 3, &err));
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	CHECK_STR(text(), "old");
	CHECK_INT(n_files(), 1);
}

static void test_mounted(void)
{
	char wanted[256];

	put("old");
	is_mounted = true;
	CHECK_INT(save_file(path, "new", 3, &err), -EBUSY);
	is_mounted = false;
	snprintf(wanted, sizeof(wanted),
		 "%s is a mount point and cannot be replaced; write into it, with \"dnatctl export >FILE\"",
		 path);
	CHECK_STR(err.msg, wanted);
	CHECK_STR(text(), "old");
	CHECK_INT(n_files(), 1);
}

/* User 65534 may read, and the group may not: its bits in the mode are the mask. */
static void test_acl(void)
{
	static const char acl[] =
		"\2\0\0\0" "\1\0\6\0\377\377\377\377" "\2\0\4\0\376\377\0\0"
		"\4\0\0\0\377\377\377\377" "\20\0\4\0\377\377\377\377"
		"\40\0\0\0\377\377\377\377";
	char got[sizeof(acl)];
	struct stat st;

	put("old");
	if (setxattr(path, ACL, acl, sizeof(acl) - 1, 0))
		return;
	CHECK_INT(save_file(path, "new", 3, &err), 0);
	CHECK_INT(getxattr(path, ACL, got, sizeof(got)), sizeof(acl) - 1);
	CHECK(!memcmp(got, acl, sizeof(acl) - 1));
	CHECK(!stat(path, &st) && (st.st_mode & 0777) == 0640);
	CHECK_INT(n_files(), 1);
	unlink(path);
}

int main(void)
{
	NEED(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/conf", dir);
	for (int i = 0; i < 2; i++) {
		no_proc = i;
		test_whole();
		test_mounted();
		test_acl();
	}
	no_proc = false;
	test_killed();
	unlink(path);
	rmdir(dir);
	return unit_result();
}
