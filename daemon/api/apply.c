// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "api/apply.h"
#include "api/change_request.h"
#include "base/args.h"
#include "base/log.h"
#include "common/addr.h"
#include "control/protocol.h"
#include "engine/audit.h"
#include "engine/dnatd.h"
#include "engine/vdports_sync.h"
#include "model/export.h"
#include "model/merge.h"
#include "model/model.h"
#include "model/warnings.h"
#include "store/store.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct apply {
	struct change_request request;
	char *line;		/* the whole request, or NULL */
	size_t len;
	bool dry;		/* change nothing, return what would change */
	struct model *wanted;
	struct summary sum;
	json_t *notes;
	json_t *errors;		/* in the configuration, for the client */
	size_t n_errors;	/* all, also those not in @errors */
	struct err first;
};

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
		    !json_array_append_new(services, export_service(service)))
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

static void tell_error(const struct err *err, void *data)
{
	struct apply *apply = data;
	char arg[sizeof(err->arg)], msg[sizeof(err->msg)];

	if (!apply->n_errors++)
		apply->first = *err;
	if (json_array_size(apply->errors) == APPLY_ERRORS_MAX)
		return;
	text_quote(err->arg, arg, sizeof(arg));
	text_quote(err->msg, msg, sizeof(msg));
	json_array_append_new(apply->errors, json_pack("{s:s, s:s}", "arg", arg,
						       "msg", msg));
}

static void add_vdports_note(struct apply *apply)
{
	const char *msg = vdports_note(apply->request.transaction.dnatd,
				       &apply->wanted->vdports);

	if (!msg)
		return;
	if (!apply->notes)
		apply->notes = json_array();
	json_array_append_new(apply->notes, json_pack("{s:s, s:s}", "arg",
						      "vdports", "msg", msg));
}

static int read_config(struct apply *apply, struct err *err)
{
	const json_t *config = json_object_get(apply->request.args, "config");

	apply->errors = json_array();
	apply->wanted = model_read(config, tell_error, apply);
	if (!apply->wanted) {
		apply->request.result = json_incref(apply->errors);
		return err_set(err, -EINVAL, apply->first.arg,
			       "%s%s%s (%zu errors in the configuration; nothing was changed)",
			       apply->first.arg,
			       apply->first.arg[0] ? ": " : "",
			       apply->first.msg, apply->n_errors);
	}
	apply->notes = warnings_of_config(apply->wanted, config);
	add_vdports_note(apply);
	return 0;
}

/* Return what would change as the result, and plan no changes. */
static int plan_dry(struct apply *apply, struct err *err)
{
	struct changes *changes = &apply->request.transaction.changes;
	int ret = changes_check(changes, err);

	if (!ret)
		ret = diff_to_json(apply->request.transaction.model, changes,
				   &apply->request.result, err);
	merge_drop(changes);
	*changes = (struct changes){ 0 };
	return ret;
}

static int plan(struct change_request *request, struct err *err)
{
	static const struct arg_spec spec[] = {
		{ "config", ARG_OBJECT, true },
		{ "dry_run", ARG_BOOLEAN, false },
		{ "from", ARG_STRING, false },
	};
	struct apply *apply = (struct apply *)request;
	struct changes *changes = &request->transaction.changes;
	const struct model *model = request->transaction.model;
	struct err kept;
	int ret = args_check(request->args, spec, ARRAY_SIZE(spec), err);

	if (!ret)
		ret = read_config(apply, err);
	apply->dry = json_is_true(json_object_get(request->args, "dry_run"));
	/* It is large: free it in the worker, so the loop need not. */
	json_object_del(request->args, "config");
	if (!ret)
		ret = merge_plan(model, apply->wanted, changes, err);
	if (ret)
		return ret;
	if (!vdports_equal(&apply->wanted->vdports, &model->vdports))
		changes->vdports = &apply->wanted->vdports;
	if (apply->dry)
		return plan_dry(apply, err);
	for (size_t i = 0; i < changes->n; i++)
		summary_add(&apply->sum, changes->list[i].old,
			    changes->list[i].new);
	if (apply->sum.removed &&
	    store_keep(request->transaction.dnatd->store, model, &kept))
		say_error("%s", kept.msg);
	return 0;
}

static void log_applied(const struct apply *apply, struct dnatd *dnatd)
{
	const char *from = args_string(apply->request.args, "from");
	const struct changes *changes = &apply->request.transaction.changes;
	char who[64], quoted[256];

	if (changes->n || changes->vdports)
		audit_summary(&apply->sum, "change by %s: apply of %s",
			      audit_peer(dnatd, who, sizeof(who)),
			      text_quote(from ? from : "a configuration",
					 quoted, sizeof(quoted)));
	audit_event(dnatd, apply->request.op, apply->request.args);
	/* The admin's configuration is in force, so the fault is over. */
	dnatd->conf_fault[0] = '\0';
}

static void changed(struct change_request *request)
{
	struct apply *apply = (struct apply *)request;

	if (!apply->dry) {
		request->result = apply->notes ? json_object() : json_null();
		log_applied(apply, request->transaction.dnatd);
	}
	if (apply->notes)
		json_object_set(request->result, "notes", apply->notes);
}

static void clean(struct change_request *request)
{
	struct apply *apply = (struct apply *)request;

	merge_drop(&request->transaction.changes);
	model_free(apply->wanted);
	summary_clean(&apply->sum);
	json_decref(apply->notes);
	json_decref(apply->errors);
	free(apply->line);
	free(apply);
}

static int parse(struct change_request *request, struct err *err)
{
	struct apply *apply = (struct apply *)request;
	json_t *whole;
	int ret = protocol_parse(apply->line, apply->len, &whole, err);

	if (!ret)
		request->args = json_incref(json_object_get(whole, "args"));
	json_decref(whole);
	free(apply->line);
	apply->line = NULL;
	return ret;
}

static struct apply *apply_new(const json_t *args, struct err *err)
{
	struct apply *apply = change_request_new(sizeof(*apply), "config.apply",
						 args, err);

	if (!apply)
		return NULL;
	apply->request.plan = plan;
	apply->request.changed = changed;
	apply->request.free = clean;
	return apply;
}

int change_config(struct dnatd *dnatd, const char *op, const json_t *args,
		  struct long_answer **parts, struct err *err)
{
	int ret = change_requests_check(dnatd, REQUESTS_MAX, err);
	struct apply *apply;

	(void)op;
	if (ret)
		return ret;
	apply = apply_new(args, err);
	if (!apply)
		return -ENOMEM;
	*parts = change_request_begin(dnatd, &apply->request);
	return 0;
}

int change_config_line(struct dnatd *dnatd, char *line, size_t len,
		       struct long_answer **parts, struct err *err)
{
	int ret = change_requests_check(dnatd, REQUESTS_LONG_MAX, err);
	struct apply *apply = ret ? NULL : apply_new(NULL, err);

	if (!apply) {
		free(line);
		return ret ? ret : -ENOMEM;
	}
	apply->line = line;
	apply->len = len;
	apply->request.parse = parse;
	*parts = change_request_begin(dnatd, &apply->request);
	return 0;
}
