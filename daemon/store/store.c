// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/model.h"
#include "store/journal.h"
#include "store/store.h"

#define STORE_MODE 0600
#define DIR_MODE 0700	/* StateDirectoryMode= of dnatd.service */

/* Maximum length of the journal in bytes, unless the file is longer. */
#define JOURNAL_MAX (1 << 20)

struct store {
	char path[PATH_MAX];
	char new[PATH_MAX + 8];
	char journal[PATH_MAX + 8];
	char dir[PATH_MAX];
	int lock;		/* the locked file, or -1 */
	bool damaged;		/* the files could not be read */
	json_int_t serial;	/* of the file */
	struct stat st;		/* of the file, to notice a replacement */
	int fd;			/* the journal, or -1 */
	off_t end;		/* end of the last valid line */
	off_t before;		/* end of the line before that */
};

struct store *store_new(const char *path, struct err *err)
{
	char copy[PATH_MAX];
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
	snprintf(store->dir, sizeof(store->dir), "%s",
		 dirname(strcpy(copy, path)));
	store->fd = -1;
	store->lock = -1;
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
	if (store->lock >= 0)
		close(store->lock);
	free(store);
}

int store_lock(struct store *store, struct err *err)
{
	char path[sizeof(store->new)];
	int fd, ret;

	if (mkdir(store->dir, DIR_MODE) && errno != EEXIST)
		return err_set(err, -errno, NULL,
			       "the state's directory %s cannot be made: %s; create it",
			       store->dir, strerror(errno));
	snprintf(path, sizeof(path), "%s.lock", store->path);
	/*
	 * A file open for writing keeps the file system from going read-only.
	 */
	fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, STORE_MODE);
	if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB)) {
		store->lock = fd;
		return 0;
	}
	ret = errno == EWOULDBLOCK ?
		err_set(err, -EBUSY, NULL,
			"another dnatd uses the state in %s; give each dnatd its own --state",
			store->path) :
		err_set(err, -errno, NULL, "%s cannot be locked: %s", path,
			strerror(errno));
	if (fd >= 0)
		close(fd);
	return ret;
}

/* Read the file.  *root: its content; NULL: there is no file. */
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
		return err_set(err, -errno, NULL, "%s: cannot be read: %s%s",
			       path, strerror(errno), err_root_hint(errno));
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

/*
 * Whether a line can be appended: both files are the ones that we know, and
 * nothing is after the last valid line of the journal.
 */
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

static bool is_newer(const json_t *root)
{
	return json_integer_value(json_object_get(root, "version")) >
	       STATE_VERSION;
}

static struct model *to_model(const struct store *store, const json_t *root,
			      struct err *err)
{
	struct err rule;
	struct model *model = model_from_json(root, &rule);

	if (!model && is_newer(root))
		err_set(err, -EINVAL, NULL,
			"%s: was written by a newer dnatd; install that version again",
			store->path);
	else if (!model)
		err_set(err, -EINVAL, rule.arg,
			"%s: %s%s%s (is it of a newer dnatd?)", store->path,
			rule.arg, rule.arg[0] ? ": " : "", rule.msg);
	return model;
}

struct model *store_load(struct store *store, struct err *err)
{
	struct model *model = NULL;
	json_t *root;

	store->damaged = true;
	if (read_file(store, &root, err))
		return NULL;
	if (!root) {
		store->damaged = false;
		model = model_new();
		if (!model)
			err_no_memory(err);
		return model;
	}

	store->serial = json_integer_value(json_object_get(root, "serial"));
	if (!journal_replay(store->journal, store->serial, root, &store->end,
			    err)) {
		json_object_del(root, "serial");
		model = to_model(store, root, err);
	}
	json_decref(root);
	if (!model)
		return NULL;
	store->damaged = false;

	/* If this fails, the first change writes both files. */
	store->fd = open_journal(store, 0);
	return model;
}

bool store_damaged(const struct store *store)
{
	return store->damaged;
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

static void sync_dir(const struct store *store)
{
	int dir = open(store->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return;
	fsync(dir);
	close(dir);
}

/*
 * Rename the new file, and begin an empty journal.  The directory is synced in
 * between: otherwise a power cut could bring back the old file without its
 * journal.  It is synced again before the new journal has lines, because a line
 * must not be lost with the journal's name.
 */
static int put_in_place(struct store *store, const struct stat *st,
			struct err *err)
{
	int ret = 0;

	if (rename(store->new, store->path)) {
		ret = err_set(err, -errno, NULL, "%s cannot be replaced: %s",
			      store->path, strerror(errno));
		unlink(store->new);
		return ret;
	}
	sync_dir(store);
	/* From here on the lines of the old journal have the wrong serial. */
	store->serial++;
	store->st = *st;
	store->end = 0;
	if (store->fd >= 0)
		close(store->fd);
	/* A journal that was restored from a copy may have another owner. */
	unlink(store->journal);
	store->fd = open_journal(store, O_CREAT | O_TRUNC);
	if (store->fd < 0)
		ret = cannot_write(store->journal, -errno, err);
	sync_dir(store);
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

/* Rename the damaged files.  Errors are ignored: writing will fail, too. */
static void set_aside(struct store *store)
{
	char to[PATH_MAX + 32];

	snprintf(to, sizeof(to), "%s" STORE_DAMAGED, store->path);
	rename(store->path, to);
	snprintf(to, sizeof(to), "%s" STORE_DAMAGED, store->journal);
	rename(store->journal, to);
	store->damaged = false;
}

int store_replace(struct store *store, const struct model *model,
		  struct err *err)
{
	if (store->damaged)
		set_aside(store);
	if (store->fd >= 0)
		close(store->fd);
	store->fd = -1;
	return store_write(store, model, err);
}

/* The name of copy @i, from 1: "state.json.old", "state.json.old.2", ... */
static void old_name(const struct store *store, unsigned int i, char *name,
		     size_t len)
{
	if (i > 1)
		snprintf(name, len, "%s" STORE_OLD ".%u", store->path, i);
	else
		snprintf(name, len, "%s" STORE_OLD, store->path);
}

int store_keep(struct store *store, const struct model *model, struct err *err)
{
	char from[PATH_MAX + 16], to[PATH_MAX + 16];
	struct stat st;
	int ret;

	if (access(store->path, F_OK) && errno == ENOENT)
		return 0;
	if (store->end) {
		ret = store_write(store, model, err);
		if (ret)
			return ret;
	}
	old_name(store, 1, to, sizeof(to));
	/* This state has a copy already, from a change that failed later. */
	if (!stat(to, &st) && st.st_ino == store->st.st_ino &&
	    st.st_dev == store->st.st_dev)
		return 0;
	for (unsigned int i = STORE_KEPT; i > 1; i--) {
		old_name(store, i, to, sizeof(to));
		old_name(store, i - 1, from, sizeof(from));
		rename(from, to);
	}
	/* A hard link is a copy: the file is replaced and never overwritten. */
	if (link(store->path, from))
		return err_set(err, -errno, NULL,
			       "the state as it was is not kept, %s cannot be made: %s",
			       from, strerror(errno));
	sync_dir(store);
	return 0;
}

/*
 * Remove the line that ends at @tail.  If the file cannot be truncated, the
 * line's newline is overwritten, so that the line is not valid.
 */
static int cut_off(const struct store *store, off_t tail)
{
	int ret = 0;

	if (ftruncate(store->fd, store->end))
		ret = write_all(store->fd, " ", 1, tail - 1);
	return ret ? ret : fdatasync(store->fd) ? -errno : 0;
}

int store_add(struct store *store, const struct model *model,
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
	line[len] = '\n';
	ret = write_all(store->fd, line, len + 1, store->end);
	free(line);
	if (!ret && fdatasync(store->fd))
		ret = -errno;
	if (ret) {
		cut_off(store, store->end + (off_t)len + 1);
		return cannot_write(store->journal, ret, err);
	}
	store->before = store->end;
	store->end += (off_t)len + 1;
	return 0;
}

int store_undo(struct store *store, struct err *err)
{
	off_t tail = store->end;
	int ret;

	store->end = store->before;
	ret = cut_off(store, tail);
	return ret ? cannot_write(store->journal, ret, err) : 0;
}

void store_settle(struct store *store, const struct model *model)
{
	if (store->end > JOURNAL_MAX && store->end > store->st.st_size)
		store_write(store, model, NULL);
}
