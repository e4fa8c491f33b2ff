// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/args.h"
#include "base/log.h"
#include "common/addr.h"
#include "engine/audit.h"
#include "engine/dnatd.h"
#include "engine/forget.h"
#include "engine/module_sync.h"
#include "engine/startup.h"
#include "engine/vdports_sync.h"
#include "lang/conf.h"
#include "model/model.h"
#include "model/warnings.h"
#include "model/service.h"
#include "store/store.h"

#define LINE_LEN 2048

struct reading {
	const struct conf *conf;
	struct file_errors faults;
};

static void take_error(const struct err *err, void *data)
{
	struct reading *reading = data;

	conf_fault(reading->conf, err->arg, err->msg, &reading->faults);
}

/*
 * Log one line per error, in the format of dnatctl apply.
 * @first: result, the first error
 * @len: size of @first
 */
static void log_faults(struct file_errors *faults, const char *path,
		       char *first, size_t len)
{
	char line[LINE_LEN];

	file_errors_sort(faults);
	for (size_t i = 0; i < faults->n; i++)
		say_error("%s", file_errors_line(faults, i, path, line,
						 sizeof(line)));
	if (faults->more || faults->no_memory)
		say_error("%.200s: and more errors; mend these first", path);
	snprintf(first, len, "%s", faults->n ?
		 file_errors_line(faults, 0, path, line, sizeof(line)) :
		 "dnatd is out of memory");
}

/* Log the settings without effect, in the format of dnatctl apply. */
static void log_notes(const struct model *model, const struct conf *conf,
		      const char *path)
{
	json_t *notes = warnings_of_config(model, conf->json);
	char name[300], where[400];
	const json_t *note;
	size_t i;

	text_quote(path, name, sizeof(name));
	json_array_foreach(notes, i, note) {
		say_warning("%s: note: %s",
			    conf_where(conf, name, args_string(note, "arg"),
				       where, sizeof(where)),
			    args_string(note, "msg"));
	}
	json_decref(notes);
}

/*
 * Read the file and log all its errors.
 * @first: result, the first error
 * @len: size of @first
 *
 * Return: the model, the caller's to free; NULL if the file has errors
 */
static struct model *read_file(const char *path, char *first, size_t len)
{
	struct conf conf = { 0 };
	struct reading reading = { .conf = &conf };
	struct model *model = NULL;
	struct err err = { 0 };
	size_t size;
	char *text = conf_load(path, &size, &err);

	if (text)
		conf_read(&conf, text, size, &reading.faults);
	else
		file_errors_add(&reading.faults, 0, err.msg);
	/* If some lines have errors, find those in the other lines, too. */
	if (conf.json)
		model = model_read(conf.json, take_error, &reading);
	if (reading.faults.n || reading.faults.no_memory) {
		model_free(model);
		model = NULL;
	}
	if (model)
		log_notes(model, &conf, path);
	else
		log_faults(&reading.faults, path, first, len);
	file_errors_clean(&reading.faults);
	conf_clean(&conf);
	free(text);
	return model;
}

/*
 * A dangling symbolic link does not count as missing: the admin meant a file to
 * be there.  Neither does a file whose directory is a dangling link.
 */
static bool is_missing(const char *path)
{
	char copy[PATH_MAX], *dir;
	struct stat st;

	if (!lstat(path, &st) || (errno != ENOENT && errno != ENOTDIR))
		return false;
	snprintf(copy, sizeof(copy), "%s", path);
	dir = dirname(copy);
	return !stat(dir, &st) || lstat(dir, &st);
}

int startup_check(const char *path, bool optional)
{
	char first[LINE_LEN];
	struct model *model;

	if (optional && is_missing(path)) {
		printf("%s: does not exist; dnatd starts with what was saved\n",
		       path);
		return 0;
	}
	model = read_file(path, first, sizeof(first));
	if (!model)
		return -EINVAL;
	printf("%s: %zu services, %zu backends\n", path, model->n_services,
	       model_backends(model));
	model_free(model);
	return 0;
}

/* The file cannot be used: start with the saved state. */
static int fall_back(struct dnatd *dnatd, const char *path, const char *first,
		     struct err *err)
{
	const struct model *saved = dnatd->saved;

	if (!saved || !saved->n_services)
		return err_set(err, -EINVAL, NULL,
			       "not started, and nothing was changed: mend %.200s first; no services are saved to start with",
			       path);
	dnatd->model = dnatd->saved;
	dnatd->saved = NULL;
	snprintf(dnatd->conf_fault, sizeof(dnatd->conf_fault),
		 "dnatd could not use its file and started with the services that it had before: %.200s; mend that, then \"dnatctl apply -f %.150s\"",
		 first, path);
	say_error("%s", dnatd->conf_fault);
	return 0;
}

int startup_load(struct dnatd *dnatd, const char *path, bool optional,
		 struct err *err)
{
	char first[LINE_LEN];
	struct err why;
	int ret = store_lock(dnatd->store, &why);

	if (ret == -EBUSY)
		return err_set(err, ret, NULL, "%s", why.msg);
	if (ret)
		say_error("%s; until then no change is taken", why.msg);
	dnatd->conf_path = path;
	dnatd->saved = store_load(dnatd->store, &why);
	if (optional && is_missing(path)) {
		dnatd->model = dnatd->saved;
		dnatd->saved = NULL;
		return dnatd->model ? 0 :
			err_set(err, -EINVAL, NULL,
				"%.400s; mend it, or move it away", why.msg);
	}

	if (!dnatd->saved)
		say_error("%s", why.msg);
	dnatd->model = read_file(path, first, sizeof(first));
	if (!dnatd->model)
		return fall_back(dnatd, path, first, err);
	dnatd->conf = path;
	if (dnatd->saved)
		return 0;
	say_error("%s has all services: what was saved is not needed, and is kept as a file with the ending " STORE_DAMAGED,
		  path);
	dnatd->saved = model_new();
	return dnatd->saved ? 0 : err_no_memory(err);
}

static int compare(const void *a, const void *b)
{
	return service_compare(*(struct service *const *)a,
			       *(struct service *const *)b);
}

/*
 * Clean up after services and backends that are gone: delete from the module
 * the services' ports, and from conntrack the connections to the backends.
 */
static void services_release(struct dnatd *dnatd)
{
	const struct model *model = dnatd->model, *saved = dnatd->saved;
	size_t n = model->n_services, size = sizeof(struct service *);
	struct service **sorted = calloc(n + 1, size), **now;
	struct conn_set gone = { 0 };
	int ret = sorted ? 0 : -ENOMEM;

	for (size_t i = 0; sorted && i < n; i++)
		sorted[i] = model->services[i];
	if (sorted)
		qsort(sorted, n, size, compare);
	for (size_t i = 0; sorted && i < saved->n_services; i++) {
		now = bsearch(&saved->services[i], sorted, n, size, compare);
		ret |= conn_set_add_gone(&gone, saved->services[i],
					 now ? *now : NULL);
		if (!now)
			module_sync_del(dnatd, saved->services[i]);
	}
	for (size_t i = 0; i < gone.n; i++)
		conns_forget(dnatd, &gone.list[i]);
	if (ret)
		say_error("connections to backends that have gone stay until they are idle: dnatd is out of memory");
	conn_set_clean(&gone);
	free(sorted);
}

/* Log what the file has removed.  Return: whether services were removed */
static bool log_gone(const struct dnatd *dnatd)
{
	const struct model *saved = dnatd->saved, *model = dnatd->model;
	struct summary sum = { 0 };
	bool removed;

	for (size_t i = 0; i < saved->n_services; i++)
		summary_add(&sum, saved->services[i],
			 model_find(model, saved->services[i]->name));
	for (size_t i = 0; i < model->n_services; i++)
		if (!model_find(saved, model->services[i]->name))
			summary_add(&sum, NULL, model->services[i]);
	removed = sum.removed;
	if (removed || sum.backends)
		audit_summary(&sum, "start with %s", dnatd->conf);
	summary_clean(&sum);
	return removed;
}

void startup_done(struct dnatd *dnatd)
{
	json_t *before, *after;
	struct err err;

	if (!dnatd->saved)
		return;
	before = model_to_json(dnatd->saved);
	after = model_to_json(dnatd->model);
	if (!before || !after || !json_equal(before, after) ||
	    store_damaged(dnatd->store)) {
		vdports_drop(dnatd, &dnatd->saved->vdports);
		services_release(dnatd);
		if (log_gone(dnatd) &&
		    store_keep(dnatd->store, dnatd->saved, &err))
			say_error("%s", err.msg);
		/* After an error, changes are refused until it can be saved. */
		if (store_replace(dnatd->store, dnatd->model, &err))
			say_error("%s", err.msg);
	}
	json_decref(before);
	json_decref(after);
	model_free(dnatd->saved);
	dnatd->saved = NULL;
}
