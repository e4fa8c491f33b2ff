// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"
#include "store.h"

#define STORE_MODE 0600

/* A journal may be this long, or as long as the file where that is longer. */
#define JOURNAL_MAX (1 << 20)

struct store {
	char path[PATH_MAX];
	char new[PATH_MAX + 8];
	char journal[PATH_MAX + 8];
	char dir[PATH_MAX];
	json_int_t serial;	/* of the file */
	struct stat st;		/* of the file, to know it as our own */
	int fd;			/* of the journal, or -1 */
	off_t end;		/* of the last line that counts */
	off_t line;		/* bytes of the one that is prepared */
};

/* The directory that @path is in. */
static void dir_set(struct store *store)
{
	const char *slash = strrchr(store->path, '/');

	if (!slash)
		strcpy(store->dir, ".");
	else if (slash == store->path)
		strcpy(store->dir, "/");
	else
		memcpy(store->dir, store->path, (size_t)(slash - store->path));
}

struct store *store_new(const char *path, struct err *err)
{
	struct store *store;

	if (strlen(path) >= PATH_MAX) {
		err_set(err, -ENAMETOOLONG, NULL,
			"the path of the state file is too long");
		return NULL;
	}
	store = calloc(1, sizeof(*store));
	if (!store) {
		err_no_memory(err);
		return NULL;
	}
	strcpy(store->path, path);
	snprintf(store->new, sizeof(store->new), "%s.new", path);
	snprintf(store->journal, sizeof(store->journal), "%s.journal", path);
	dir_set(store);
	store->fd = -1;
	return store;
}

void store_free(struct store *store, const struct model *model)
{
	if (!store)
		return;
	if (model && store->end)
		store_write(store, model, NULL);
	if (store->fd >= 0)
		close(store->fd);
	free(store);
}

/* The file's content; *root NULL where there is no file. */
static int read_file(struct store *store, json_t **root, struct err *err)
{
	const char *path = store->path;
	FILE *file = fopen(path, "re");
	json_error_t error;
	char quoted[200];

	*root = NULL;
	if (!file && errno == ENOENT)
		return 0;
	if (!file)
		return err_set(err, -errno, NULL, "%s: cannot be read: %s",
			       path, strerror(errno));
	if (fstat(fileno(file), &store->st) || !S_ISREG(store->st.st_mode)) {
		fclose(file);
		return err_set(err, -EINVAL, NULL, "%s: is not a file", path);
	}
	*root = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	fclose(file);
	if (*root)
		return 0;
	return err_set(err, -EINVAL, NULL, "%s: line %d, column %d: %s", path,
		       error.line, error.column,
		       text_quote(error.text, quoted, sizeof(quoted)));
}

/* Are both files where they were left, and nothing behind the last line? */
static bool is_ready(const struct store *store)
{
	struct stat st;

	return store->fd >= 0 && !fstat(store->fd, &st) && st.st_nlink &&
	       (st.st_size == store->end ||
		!ftruncate(store->fd, store->end)) &&
	       !stat(store->path, &st) && st.st_ino == store->st.st_ino &&
	       st.st_dev == store->st.st_dev;
}

static int open_journal(const struct store *store, int flags)
{
	return open(store->journal, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags,
		    STORE_MODE);
}

struct model *store_load(struct store *store, struct err *err)
{
	struct model *model = NULL;
	struct err rule;
	json_t *root;

	if (read_file(store, &root, err))
		return NULL;
	if (!root) {
		model = model_new();
		if (!model)
			err_no_memory(err);
		return model;
	}

	store->serial = json_integer_value(json_object_get(root, "serial"));
	if (!journal_replay(store->journal, store->serial, root, &store->end,
			    err)) {
		json_object_del(root, "serial");
		model = model_from_json(root, &rule);
		if (!model)
			err_set(err, -EINVAL, rule.arg, "%s: %s%s%s",
				store->path, rule.arg, rule.arg[0] ? ": " : "",
				rule.msg);
	}
	json_decref(root);
	if (!model)
		return NULL;

	/* Where there is none, or no way to write it, the first change sees to it. */
	store->fd = open_journal(store, 0);
	return model;
}

static int write_all(int fd, const char *text, size_t len, off_t at)
{
	while (len) {
		ssize_t n = pwrite(fd, text, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int open_new(const struct store *store, struct err *err)
{
	int fd;

	unlink(store->new);
	fd = open(store->new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		  STORE_MODE);
	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		return err_set(err, -ENOENT, NULL,
			       "the state's directory %s does not exist; create it",
			       store->dir);
	return err_set(err, -errno, NULL, "%s cannot be created: %s",
		       store->new, strerror(errno));
}

static int cannot_write(const char *path, int error, struct err *err)
{
	return err_set(err, error, NULL, "%s cannot be written: %s", path,
		       strerror(-error));
}

static int write_new(struct store *store, const char *text, struct stat *st,
		     struct err *err)
{
	size_t len = strlen(text);
	int fd = open_new(store, err);
	int ret;

	if (fd < 0)
		return fd;
	ret = write_all(fd, text, len, 0);
	if (!ret)
		ret = write_all(fd, "\n", 1, (off_t)len);
	if (!ret && (fsync(fd) || fstat(fd, st)))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (ret) {
		unlink(store->new);
		return cannot_write(store->new, ret, err);
	}
	return 0;
}

/* From the new name to the right one, and an empty journal beside it. */
static int put_in_place(struct store *store, const struct stat *st,
			struct err *err)
{
	int dir = open(store->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret;

	if (dir < 0 || rename(store->new, store->path)) {
		ret = err_set(err, -errno, NULL, "%s cannot be replaced: %s",
			      store->path, strerror(errno));
		unlink(store->new);
		goto out;
	}
	/* The old journal is of another serial from here on. */
	store->serial++;
	store->st = *st;
	store->end = 0;
	if (store->fd >= 0)
		close(store->fd);
	store->fd = open_journal(store, O_CREAT);
	ret = store->fd < 0 || ftruncate(store->fd, 0) ? -errno : 0;
	if (ret)
		cannot_write(store->journal, ret, err);
	/*
	 * A directory that cannot be synced leaves the old pair of files after
	 * a power cut, or the new one, both of them whole.
	 */
	fsync(dir);
out:
	if (dir >= 0)
		close(dir);
	return ret;
}

int store_write(struct store *store, const struct model *model,
		struct err *err)
{
	json_t *root = model_to_json(model);
	char *text = NULL;
	struct stat st;
	int ret;

	if (!json_object_set_new(root, "serial",
				 json_integer(store->serial + 1)))
		text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	if (!text)
		return err_no_memory(err);
	ret = write_new(store, text, &st, err);
	free(text);
	return ret ? ret : put_in_place(store, &st, err);
}

int store_replace(struct store *store, const struct model *model,
		  struct err *err)
{
	if (store->fd >= 0)
		close(store->fd);
	store->fd = -1;
	return store_write(store, model, err);
}

int store_prepare(struct store *store, const struct model *model,
		  const struct changes *changes, struct err *err)
{
	char *line;
	size_t len;
	int ret;

	if (!is_ready(store)) {
		ret = store_write(store, model, err);
		if (ret)
			return ret;
	}

	line = journal_line(store->serial, changes);
	if (!line)
		return err_no_memory(err);
	len = strlen(line);
	/* A blank in place of the final NUL keeps room for the newline. */
	line[len] = ' ';
	store->line = (off_t)len + 1;
	ret = write_all(store->fd, line, len + 1, store->end);
	free(line);
	if (!ret)
		return 0;
	store_abort(store);
	return cannot_write(store->journal, ret, err);
}

int store_commit(struct store *store, struct err *err)
{
	off_t end = store->end + store->line;
	int ret = write_all(store->fd, "\n", 1, end - 1);

	if (!ret && fdatasync(store->fd))
		ret = -errno;
	if (ret)
		return cannot_write(store->journal, ret, err);
	store->end = end;
	store->line = 0;
	return 0;
}

/* A tail that stays behind has no newline, and the next line takes its place. */
void store_abort(struct store *store)
{
	if (ftruncate(store->fd, store->end))
		write_all(store->fd, " ", 1, store->end + store->line - 1);
	store->line = 0;
}

void store_settle(struct store *store, const struct model *model)
{
	if (store->end > JOURNAL_MAX && store->end > store->st.st_size)
		store_write(store, model, NULL);
}
