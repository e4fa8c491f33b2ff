// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "addr.h"
#include "save.h"

#define NEW_MODE 0666		/* less the umask, as a shell's ">" does */
#define SUFFIX ".XXXXXX"

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
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
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

/* As the old file is for whom; a file that was not there is as any new one. */
static int set_mode(int fd, const struct stat *old)
{
	mode_t mask;

	if (!old) {
		mask = umask(0);
		umask(mask);
		return fchmod(fd, NEW_MODE & ~mask);
	}
	/* Root can give it away.  Others can but keep its group. */
	if (fchown(fd, old->st_uid, old->st_gid) &&
	    fchown(fd, (uid_t)-1, old->st_gid) && errno != EPERM)
		return -1;
	return fchmod(fd, old->st_mode & 0777);
}

/* Without it, a power cut can bring the old file back, whole. */
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

/* @old: what is at @path, or NULL */
static int replace(const char *path, const struct stat *old, const char *text,
		   size_t len, struct err *err)
{
	char new[PATH_MAX + sizeof(SUFFIX)];
	int fd, ret = 0;

	snprintf(new, sizeof(new), "%s" SUFFIX, path);
	fd = mkostemp(new, O_CLOEXEC);
	if (fd < 0)
		return cannot(path, "written", err);
	if (set_mode(fd, old) || write_all(fd, text, len) || fsync(fd))
		ret = cannot(path, "written", err);
	if (close(fd) && !ret)
		ret = cannot(path, "written", err);
	if (!ret && rename(new, path))
		ret = cannot(path, "replaced", err);
	if (ret)
		unlink(new);
	else
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
