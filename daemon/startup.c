// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "addr.h"
#include "args.h"
#include "conf.h"
#include "log.h"
#include "notes.h"
#include "reserve.h"
#include "startup.h"
#include "vdports.h"

#define LINE_LEN 2048
#define PATH_LEN 300

struct reading {
	const struct conf *conf;
	struct faults faults;
};

static void take_error(const struct err *err, void *data)
{
	struct reading *reading = data;

	faults_add(&reading->faults, conf_line(reading->conf, err->arg),
		   err->msg);
}

/* Each on its line, as dnatctl apply tells them. */
static void log_faults(struct faults *faults, const char *path)
{
	char line[LINE_LEN];

	faults_sort(faults);
	for (size_t i = 0; i < faults->n; i++)
		say("%s", faults_line(faults, i, path, line, sizeof(line)));
	if (faults->more || faults->no_memory)
		say("%.200s: and more errors; mend these first", path);
}

/* As dnatctl apply tells them, too. */
static void log_notes(const struct model *model, const struct conf *conf,
		      const char *path)
{
	json_t *notes = notes_config(model, conf->json);
	char name[PATH_LEN];
	const json_t *note;
	size_t i;

	text_quote(path, name, sizeof(name));
	json_array_foreach(notes, i, note) {
		say("%s:%u: note: %s", name,
		    conf_line(conf, args_string(note, "arg")),
		    args_string(note, "msg"));
	}
	json_decref(notes);
}

/* The file's services, or NULL with all that is wrong logged. */
static struct model *read_file(const char *path)
{
	struct conf conf = { 0 };
	struct reading reading = { .conf = &conf };
	struct model *model = NULL;
	struct err err = { 0 };
	size_t len;
	char *text = conf_load(path, &len, &err);

	if (text)
		conf_read(&conf, text, len, &reading.faults);
	else
		faults_add(&reading.faults, 0, err.msg);
	/* Where lines are at fault, more may be wrong with the others. */
	if (conf.json)
		model = model_read(conf.json, take_error, &reading);
	if (reading.faults.n || reading.faults.no_memory) {
		model_free(model);
		model = NULL;
	}
	if (model)
		log_notes(model, &conf, path);
	log_faults(&reading.faults, path);
	faults_clean(&reading.faults);
	conf_clean(&conf);
	free(text);
	return model;
}

int startup_load(struct dnatd *dnatd, const char *path, bool optional,
		 struct err *err)
{
	dnatd->model = store_load(dnatd->store, err);
	if (!dnatd->model)
		return -EINVAL;
	if (optional && access(path, F_OK) &&
	    (errno == ENOENT || errno == ENOTDIR))
		return 0;

	dnatd->saved = dnatd->model;
	dnatd->model = read_file(path);
	if (!dnatd->model)
		return err_set(err, -EINVAL, NULL,
			       "not started, and nothing was changed: mend %.200s first%s",
			       path, optional ? ", or take it away" : "");
	dnatd->conf = path;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return service_compare(*(struct service *const *)a,
			       *(struct service *const *)b);
}

/* The module may still keep ports of services that there are no more. */
static void ports_release(struct dnatd *dnatd)
{
	const struct model *model = dnatd->model, *saved = dnatd->saved;
	size_t n = model->n_services, size = sizeof(struct service *);
	struct service **sorted = calloc(n + 1, size);

	for (size_t i = 0; sorted && i < n; i++)
		sorted[i] = model->services[i];
	if (sorted)
		qsort(sorted, n, size, compare);
	for (size_t i = 0; sorted && i < saved->n_services; i++)
		if (!bsearch(&saved->services[i], sorted, n, size, compare))
			reserve_del(dnatd, saved->services[i]);
	free(sorted);
}

void startup_done(struct dnatd *dnatd)
{
	json_t *before, *after;
	struct err err;

	if (!dnatd->saved)
		return;
	before = model_to_json(dnatd->saved);
	after = model_to_json(dnatd->model);
	if (!before || !after || !json_equal(before, after)) {
		vdports_drop(dnatd, &dnatd->saved->vdports);
		ports_release(dnatd);
		/* Changes are refused until it can be. */
		if (store_replace(dnatd->store, dnatd->model, &err))
			say("%s", err.msg);
	}
	json_decref(before);
	json_decref(after);
	model_free(dnatd->saved);
	dnatd->saved = NULL;
}
