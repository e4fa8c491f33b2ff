// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store.h"

#define STORE_MODE 0600

/* "@path.new", in the same directory so that rename() is atomic. */
static int new_path(const char *path, char buf[PATH_MAX], struct err *err)
{
	int n = snprintf(buf, PATH_MAX, "%s.new", path);

	if (n < 0 || n >= PATH_MAX)
		return err_set(err, -ENAMETOOLONG, NULL,
			       "the path of the state file is too long");
	return 0;
}

/* The directory that @path is in. */
static const char *dir_path(const char *path, char buf[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	if (slash == path)
		return "/";
	snprintf(buf, PATH_MAX, "%.*s", (int)(slash - path), path);
	return buf;
}

static struct model *load_file(const char *path, FILE *file, struct err *err)
{
	struct model *model;
	json_error_t error;
	struct err rule;
	char quoted[200];
	json_t *root;

	root = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	if (!root) {
		err_set(err, -EINVAL, NULL, "%s: line %d, column %d: %s", path,
			error.line, error.column,
			text_quote(error.text, quoted, sizeof(quoted)));
		return NULL;
	}
	model = model_from_json(root, &rule);
	json_decref(root);
	if (!model)
		err_set(err, -EINVAL, rule.arg, "%s: %s%s%s", path, rule.arg,
			rule.arg[0] ? ": " : "", rule.msg);
	return model;
}

struct model *store_load(const char *path, struct err *err)
{
	struct model *model;
	struct stat st;
	FILE *file;

	file = fopen(path, "re");
	if (!file && errno == ENOENT) {
		model = model_new();
		if (!model)
			err_set(err, -ENOMEM, NULL, "dnatd is out of memory");
		return model;
	}
	if (!file) {
		err_set(err, -errno, NULL, "%s: cannot be read: %s", path,
			strerror(errno));
		return NULL;
	}
	if (fstat(fileno(file), &st) || !S_ISREG(st.st_mode)) {
		err_set(err, -EINVAL, NULL, "%s: is not a file", path);
		fclose(file);
		return NULL;
	}
	model = load_file(path, file, err);
	fclose(file);
	return model;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static int open_new(const char *path, const char *new, struct err *err)
{
	char dir[PATH_MAX];
	int fd;

	unlink(new);
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, STORE_MODE);
	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		return err_set(err, -ENOENT, NULL,
			       "the state's directory %s does not exist; create it",
			       dir_path(path, dir));
	return err_set(err, -errno, NULL, "%s cannot be created: %s", new,
		       strerror(errno));
}

static int write_new(const char *path, const char *new, const char *text,
		     struct err *err)
{
	int fd = open_new(path, new, err);
	int ret;

	if (fd < 0)
		return fd;
	ret = write_all(fd, text, strlen(text));
	if (!ret)
		ret = write_all(fd, "\n", 1);
	if (!ret && fsync(fd))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (ret) {
		unlink(new);
		return err_set(err, ret, NULL, "%s cannot be written: %s", new,
			       strerror(-ret));
	}
	return 0;
}

int store_prepare(const char *path, const struct model *model,
		  const struct change *change, struct err *err)
{
	char new[PATH_MAX];
	json_t *root;
	char *text;
	int ret;

	ret = new_path(path, new, err);
	if (ret)
		return ret;

	root = model_to_json(model, change);
	text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	json_decref(root);
	if (!text)
		return err_set(err, -ENOMEM, NULL, "dnatd is out of memory");
	ret = write_new(path, new, text, err);
	free(text);
	return ret;
}

int store_commit(const char *path, struct err *err)
{
	char new[PATH_MAX];
	char dir[PATH_MAX];
	int fd;
	int ret;

	ret = new_path(path, new, err);
	if (ret)
		return ret;

	fd = open(dir_path(path, dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || rename(new, path)) {
		ret = err_set(err, -errno, NULL, "%s cannot be replaced: %s",
			      path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return ret;
	}
	/*
	 * The new state is in force from here on.  A directory that cannot be
	 * synced leaves either state after a power cut, both of them whole, so
	 * this is no reason to take the change back.
	 */
	fsync(fd);
	close(fd);
	return 0;
}

void store_abort(const char *path)
{
	char new[PATH_MAX];

	if (!new_path(path, new, NULL))
		unlink(new);
}
