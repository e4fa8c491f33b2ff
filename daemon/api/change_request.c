// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "api/change_request.h"
#include "api/programs.h"
#include "base/json_text.h"
#include "engine/audit.h"
#include "engine/vdports_sync.h"
#include "model/model.h"
#include "model/warnings.h"

/* A change of one service or of the vdports. */
struct one {
	struct change_request request;
	struct change change;
	struct vdports vdports;
};

static struct change_request *of_task(struct task *task)
{
	return (struct change_request *)((char *)task -
			offsetof(struct change_request, parts.task));
}

static void request_free(struct change_request *request)
{
	json_decref(request->args);
	json_decref(request->result);
	request->free(request);
}

/* The client needs no answer any more; a running transaction goes on. */
static void parts_leave(struct task *task)
{
	struct change_request *request = of_task(task);

	request->left = true;
	if (request->over)
		request_free(request);
}

static int parts_next(struct task *task, struct text *rows, struct err *err)
{
	struct change_request *request = of_task(task);

	if (!request->over)
		return TASK_LATER;
	if (request->transaction.ret) {
		*err = request->transaction.err;
		request->parts.errors = request->result;
		return request->transaction.ret;
	}
	return text_json(rows, json_incref(request->result)) ?
		       err_no_memory(err) : 0;
}

static int plan(struct transaction *transaction, struct err *err)
{
	struct change_request *request = (struct change_request *)transaction;
	int ret = request->parse ? request->parse(request, err) : 0;

	if (!ret)
		ret = programs_check(transaction->model, request->op,
				     request->args, &request->peer, err);
	return ret ? ret : request->plan(request, err);
}

static void done(struct transaction *transaction)
{
	struct change_request *request = (struct change_request *)transaction;
	struct dnatd *dnatd = transaction->dnatd;

	dnatd->peer = &request->peer;
	if (!transaction->ret)
		request->changed(request);
	dnatd->peer = NULL;
	request->over = true;
	if (request->left)
		request_free(request);
	else if (request->parts.wake)
		request->parts.wake(request->parts.wake_data);
}

int change_requests_check(const struct dnatd *dnatd, unsigned int max,
			  struct err *err)
{
	if (dnatd->n_transactions < max)
		return 0;
	return err_set(err, -EBUSY, NULL,
		       "%u changes wait already; see status, and try again",
		       dnatd->n_transactions - 1);
}

void *change_request_new(size_t size, const char *op, const json_t *args,
			 struct err *err)
{
	struct change_request *request = calloc(1, size);

	if (!request) {
		err_no_memory(err);
		return NULL;
	}
	request->op = op;
	request->args = json_incref((json_t *)args);
	return request;
}

struct long_answer *change_request_begin(struct dnatd *dnatd,
					 struct change_request *request)
{
	request->peer = *dnatd->peer;
	request->parts = (struct long_answer){
		.task = { .step = parts_next, .free = parts_leave }, .whole = true,
	};
	request->transaction.plan = plan;
	request->transaction.done = done;
	change_begin(dnatd, &request->transaction);
	return &request->parts;
}

static void one_changed(struct change_request *request)
{
	struct dnatd *dnatd = request->transaction.dnatd;
	json_t *notes =
		warnings_of_change(dnatd->model, request->op, request->args);

	request->result = notes ? json_pack("{s:o}", "notes", notes) :
				  json_null();
	audit_request(dnatd, request->op, request->args);
	audit_event(dnatd, request->op, request->args);
}

static void one_free(struct change_request *request)
{
	struct one *one = (struct one *)request;

	change_drop(&one->change);
	free(one);
}

static int begin(struct dnatd *dnatd, const char *op, const json_t *args,
		 int (*plan_one)(struct change_request *request,
				 struct err *err),
		 struct long_answer **parts, struct err *err)
{
	int ret = change_requests_check(dnatd, REQUESTS_MAX, err);
	struct one *one;

	if (ret)
		return ret;
	one = change_request_new(sizeof(*one), op, args, err);
	if (!one)
		return -ENOMEM;
	one->request.plan = plan_one;
	one->request.changed = one_changed;
	one->request.free = one_free;
	*parts = change_request_begin(dnatd, &one->request);
	return 0;
}

static int plan_service(struct change_request *request, struct err *err)
{
	struct one *one = (struct one *)request;
	struct changes *changes = &request->transaction.changes;

	*changes = (struct changes){ .n = 1, .list = &one->change };
	return model_plan(request->transaction.model, request->op, request->args,
			  &one->change, err);
}

static int plan_vdports(struct change_request *request, struct err *err)
{
	struct one *one = (struct one *)request;

	one->vdports = request->transaction.model->vdports;
	request->transaction.changes.vdports = &one->vdports;
	return vdports_plan(request->transaction.dnatd, request->args,
			    &one->vdports, err);
}

int change_service(struct dnatd *dnatd, const char *op, const json_t *args,
		   struct long_answer **parts, struct err *err)
{
	return begin(dnatd, op, args, plan_service, parts, err);
}

int change_vdports(struct dnatd *dnatd, const char *op, const json_t *args,
		   struct long_answer **parts, struct err *err)
{
	return begin(dnatd, op, args, plan_vdports, parts, err);
}
