// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/save.h"
#include "common/addr.h"

#define NEW_MODE 0666		/* minus the umask, as the shell's ">" does */
#define SUFFIX_LEN 9

static int cannot(const char *path, const char *what, struct err *err)
{
	int error = errno;
	char quoted[200];

	return err_set(err, -error, "-f", "%s cannot be %s: %s",
		       text_quote(path, quoted, sizeof(quoted)), what,
		       strerror(error));
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = TEMP_FAILURE_RETRY(write(fd, text, len));

		if (n < 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_into(const char *path, const char *text, size_t len,
		      struct err *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int ret = fd < 0 || write_all(fd, text, len) ?
		  cannot(path, "written", err) : 0;

	if (fd >= 0)
		close(fd);
	return ret;
}

/* Copy the attributes that "sed -i" copies, too.  Errors are ignored. */
static void keep_labels(int fd, const char *path)
{
	static const char *const names[] = {
		"system.posix_acl_access", "security.selinux",
	};
	char value[4096];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ssize_t n = getxattr(path, names[i], value, sizeof(value));

		if (n > 0)
			fsetxattr(fd, names[i], value, (size_t)n, 0);
	}
}

/* Set mode and owner of the old file. */
static int set_mode(int fd, const char *path, const struct stat *old)
{
	/* Only root can set the owner.  Others can set the group, at most. */
	if (fchown(fd, old->st_uid, old->st_gid) &&
	    fchown(fd, (uid_t)-1, old->st_gid) && errno != EPERM)
		return -1;
	keep_labels(fd, path);
	return fchmod(fd, old->st_mode & 0777);
}

/* Without this, the old file may come back after a power cut. */
static void sync_dir(const char *path)
{
	char copy[PATH_MAX];
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/*
 * Open a file without a name: the kernel removes it when dnatctl ends, even if
 * it is killed.  This needs support by the file system, and /proc for
 * give_name().  Return: -1 if it is not possible
 */
static int open_nameless(const char *path, mode_t mode)
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	return access("/proc/self/fd", X_OK) ? -1 :
	       open(dirname(copy), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
}

static int give_name(int fd, const char *name)
{
	char self[sizeof("/proc/self/fd/") + 10];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

static int take_place(const char *new, const char *path, struct err *err)
{
	char quoted[200];

	if (!rename(new, path))
		return 0;
	if (errno != EBUSY)
		return cannot(path, "replaced", err);
	return err_set(err, -EBUSY, "-f",
		       "%s is a mount point and cannot be replaced; write into it, with \"dnatctl export >FILE\"",
		       text_quote(path, quoted, sizeof(quoted)));
}

/* @old: the file at @path, NULL if it does not exist */
static int replace(const char *path, const struct stat *old, const char *text,
		   size_t len, struct err *err)
{
	mode_t mode = old ? 0600 : NEW_MODE;
	int fd = open_nameless(path, mode), ret = 0;
	char new[PATH_MAX + SUFFIX_LEN];
	unsigned int number = 0;
	bool named = fd < 0;

	getrandom(&number, sizeof(number), 0);
	snprintf(new, sizeof(new), "%s.%08x", path, number);
	if (named)
		fd = open(new, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode);
	if (fd < 0)
		return cannot(path, "written", err);
	if ((old && set_mode(fd, path, old)) || write_all(fd, text, len) || fsync(fd) ||
	    (!named && give_name(fd, new)))
		ret = cannot(path, "written", err);
	else
		named = true;
	if (close(fd) && !ret)
		ret = cannot(path, "written", err);
	if (!ret)
		ret = take_place(new, path, err);
	if (ret && named)
		unlink(new);
	if (!ret)
		sync_dir(path);
	return ret;
}

int save_file(const char *path, const char *text, size_t len, struct err *err)
{
	char target[PATH_MAX], quoted[200];
	struct stat st;

	if (!stat(path, &st)) {
		if (!S_ISREG(st.st_mode))
			return write_into(path, text, len, err);
		if (!realpath(path, target))
			return cannot(path, "written", err);
		return replace(target, &st, text, len, err);
	}
	if (errno != ENOENT)
		return cannot(path, "written", err);
	if (!lstat(path, &st))
		return err_set(err, -ENOENT, "-f",
			       "%s is a link to a file that does not exist; make that file or remove the link",
			       text_quote(path, quoted, sizeof(quoted)));
	if (strlen(path) >= sizeof(target)) {
		errno = ENAMETOOLONG;
		return cannot(path, "written", err);
	}
	return replace(path, NULL, text, len, err);
}
