// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "apply.h"
#include "args.h"
#include "audit.h"
#include "brief.h"
#include "change.h"
#include "log.h"
#include "merge.h"
#include "notes.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The services before or after @changes, as a configuration. */
static json_t *side_to_json(const struct changes *changes, bool after,
			    const struct vdports *vdports)
{
	const struct model settings = { .vdports = *vdports };
	json_t *root = model_to_json(&settings);
	json_t *services = json_object_get(root, "services");

	for (size_t i = 0; root && i < changes->n; i++) {
		const struct service *service = after ? changes->list[i].new :
							changes->list[i].old;

		if (!service ||
		    !json_array_append_new(services, brief_service(service)))
			continue;
		json_decref(root);
		root = NULL;
	}
	return root;
}

static int diff_to_json(const struct model *model,
			const struct changes *changes, json_t **diff,
			struct err *err)
{
	const struct vdports same = { 0 };
	const struct vdports *before = changes->vdports ? &model->vdports :
							  &same;
	const struct vdports *after = changes->vdports ? changes->vdports :
							 &same;

	*diff = json_pack("{s:o, s:o}", "before",
			  side_to_json(changes, false, before), "after",
			  side_to_json(changes, true, after));
	return *diff ? 0 : err_no_memory(err);
}

static bool vdports_equal(const struct vdports *a, const struct vdports *b)
{
	return a->min == b->min && a->max == b->max &&
	       a->on_exhausted == b->on_exhausted;
}

/* @from: the file, as the client calls it, or NULL */
static int apply_changes(struct dnatd *dnatd, struct changes *changes,
			 const char *from, struct err *err)
{
	char who[64], quoted[256];
	struct summary sum = { 0 };
	struct err kept;
	int ret;

	for (size_t i = 0; i < changes->n; i++)
		summary_add(&sum, changes->list[i].old, changes->list[i].new);
	if (sum.removed && store_keep(dnatd->store, dnatd->model, &kept))
		say_error("%s", kept.msg);
	ret = changes_apply(dnatd, changes, err);
	if (!ret)
		audit_summary(&sum, "change by %s: apply of %s",
			   audit_peer(dnatd, who, sizeof(who)),
			   text_quote(from ? from : "a configuration", quoted,
				      sizeof(quoted)));
	summary_clean(&sum);
	return ret;
}

static int apply_model(struct dnatd *dnatd, struct model *wanted,
		       const char *from, json_t **diff, struct err *err)
{
	struct changes changes;
	int ret = merge_plan(dnatd->model, wanted, &changes, err);

	if (!vdports_equal(&wanted->vdports, &dnatd->model->vdports))
		changes.vdports = &wanted->vdports;
	if (!ret && diff)
		ret = changes_check(&changes, err);
	if (!ret && diff)
		ret = diff_to_json(dnatd->model, &changes, diff, err);
	else if (!ret && (changes.n || changes.vdports))
		ret = apply_changes(dnatd, &changes, from, err);
	merge_drop(&changes);
	return ret;
}

struct counting {
	model_error_fn *fn;
	void *data;
	size_t n;
	struct err first;
};

static void count(const struct err *err, void *data)
{
	struct counting *counting = data;

	if (!counting->n++)
		counting->first = *err;
	counting->fn(err, counting->data);
}

/* @notes: NULL is none */
static void add_vdports_note(const struct dnatd *dnatd,
			     const struct vdports *vdports, json_t **notes)
{
	const char *msg = vdports_note(dnatd, vdports);

	if (!msg)
		return;
	if (!*notes)
		*notes = json_array();
	json_array_append_new(*notes, json_pack("{s:s, s:s}", "arg", "vdports",
						"msg", msg));
}

int apply_config(struct dnatd *dnatd, const json_t *config, const char *from,
		 json_t **diff, json_t **notes, model_error_fn *fn, void *data, struct err *err)
{
	struct counting counting = { .fn = fn, .data = data };
	struct model *wanted = model_read(config, count, &counting);
	int ret;

	if (!wanted)
		return err_set(err, -EINVAL, counting.first.arg,
			       "%s%s%s (%zu errors in the configuration; nothing was changed)",
			       counting.first.arg,
			       counting.first.arg[0] ? ": " : "",
			       counting.first.msg, counting.n);
	*notes = notes_config(wanted, config);
	add_vdports_note(dnatd, &wanted->vdports, notes);
	ret = apply_model(dnatd, wanted, from, diff, err);
	model_free(wanted);
	/* What the admin wants is in force again. */
	if (!ret && !diff)
		dnatd->conf_fault[0] = '\0';
	return ret;
}

/* The errors for the client, up to so many. */
static void tell(const struct err *err, void *data)
{
	json_t *errors = data;
	char arg[sizeof(err->arg)], msg[sizeof(err->msg)];

	if (json_array_size(errors) == APPLY_ERRORS_MAX)
		return;
	text_quote(err->arg, arg, sizeof(arg));
	text_quote(err->msg, msg, sizeof(msg));
	json_array_append_new(errors, json_pack("{s:s, s:s}", "arg", arg, "msg",
						msg));
}

int apply_request(struct dnatd *dnatd, const json_t *args, json_t **result,
		  struct err *err)
{
	static const struct arg spec[] = {
		{ "config", ARG_OBJECT, true },
		{ "dry_run", ARG_BOOLEAN, false },
		{ "from", ARG_STRING, false },
	};
	bool dry = json_is_true(json_object_get(args, "dry_run"));
	json_t *errors, *notes = NULL;
	int ret = args_check(args, spec, ARRAY_SIZE(spec), err);

	if (ret)
		return ret;
	errors = json_array();
	ret = apply_config(dnatd, json_object_get(args, "config"),
			   args_string(args, "from"), dry ? result : NULL, &notes, tell, errors, err);
	if (ret && json_array_size(errors)) {
		*result = errors;
		errors = NULL;
	} else if (!ret && !dry) {
		*result = notes ? json_object() : json_null();
	}
	if (!ret && notes)
		json_object_set(*result, "notes", notes);
	json_decref(notes);
	json_decref(errors);
	return ret;
}
