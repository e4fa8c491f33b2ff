// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "model.h"
#include "service.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define STATE_VERSION 1
#define ROOM_FIRST 16

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, NULL, "dnatd is out of memory");
}

struct model *model_new(void)
{
	struct model *model = calloc(1, sizeof(*model));

	if (!model)
		return NULL;
	model->services = calloc(ROOM_FIRST, sizeof(struct service *));
	if (!model->services) {
		free(model);
		return NULL;
	}
	model->room = ROOM_FIRST;
	return model;
}

void model_free(struct model *model)
{
	size_t i;

	if (!model)
		return;
	for (i = 0; i < model->n_services; i++)
		service_free(model->services[i]);
	free(model->services);
	free(model);
}

/* Where a service called @name stands, or would have to. */
static size_t model_index(const struct model *model, const char *name)
{
	size_t low = 0;
	size_t high = model->n_services;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(model->services[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct service *model_find(const struct model *model, const char *name)
{
	size_t i = model_index(model, name);

	if (i < model->n_services && !strcmp(model->services[i]->name, name))
		return model->services[i];
	return NULL;
}

/* May @service stand beside the others? */
static int model_check_new(const struct model *model,
			   const struct service *service, struct err *err)
{
	char vip[INET6_ADDRSTRLEN];
	size_t i;

	if (model_find(model, service->name))
		return err_set(err, -EEXIST, "name",
			       "service %s exists already; use another name or service set",
			       service->name);
	for (i = 0; i < model->n_services; i++) {
		const struct service *other = model->services[i];

		if (other->port != service->port ||
		    other->proto != service->proto ||
		    !addr_equal(&other->vip, &service->vip))
			continue;
		return err_set(err, -EEXIST, "vip",
			       "vip %s port %u proto %s is service %s already; use another vip, port or proto",
			       addr_text(&service->vip, vip, sizeof(vip)),
			       service->port, proto_text(service->proto),
			       other->name);
	}
	if (model->n_services == model->room)
		return no_memory(err);
	return 0;
}

static int plan_add(const struct model *model, const json_t *args,
		    struct change *change, struct err *err)
{
	struct service *service;
	int ret;

	ret = service_from_args(args, false, &service, err);
	if (ret)
		return ret;
	ret = model_check_new(model, service, err);
	if (ret) {
		service_free(service);
		return ret;
	}
	change->new = service;
	return 0;
}

static int plan_del(struct service *service, const json_t *args,
		    struct err *err)
{
	static const struct arg spec[] = {
		{ "name", ARG_STRING, true },
	};

	(void)service;
	return args_check(args, spec, ARRAY_SIZE(spec), err);
}

static int backend_add(struct service *service, const json_t *args,
		       struct err *err)
{
	return service_backend_add(service, args, false, err);
}

/* The operations on a service that is there already. */
static const struct plan {
	const char *op;
	const char *key;	/* the argument that names the service */
	bool removes;
	int (*apply)(struct service *service, const json_t *args,
		     struct err *err);
} plans[] = {
	{ "service.set", "name", false, service_set },
	{ "service.del", "name", true, plan_del },
	{ "backend.add", "service", false, backend_add },
	{ "backend.set", "service", false, service_backend_set },
	{ "backend.del", "service", false, service_backend_del },
};

static const struct plan *plan_find(const char *op)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(plans); i++)
		if (!strcmp(plans[i].op, op))
			return &plans[i];
	return NULL;
}

int model_plan(const struct model *model, const char *op, const json_t *args,
	       struct change *change, struct err *err)
{
	const struct plan *plan = plan_find(op);
	const struct service *old;
	struct service *new;
	const char *name;
	int ret;

	memset(change, 0, sizeof(*change));
	if (!strcmp(op, "service.add"))
		return plan_add(model, args, change, err);
	if (!plan)
		return err_set(err, -EINVAL, "op", "%s changes nothing", op);

	name = args_string(args, plan->key);
	if (!name)
		return err_set(err, -EINVAL, plan->key,
			       "%s is missing or not a string; give the service's name",
			       plan->key);
	ret = name_check(name, plan->key, err);
	if (ret)
		return ret;
	old = model_find(model, name);
	if (!old)
		return err_set(err, -ENOENT, plan->key,
			       "there is no service %s; see service show",
			       name);

	new = service_copy(old);
	if (!new)
		return no_memory(err);
	ret = plan->apply(new, args, err);
	if (ret) {
		service_free(new);
		return ret;
	}

	change->old = old;
	change->new = new;
	if (plan->removes) {
		service_free(new);
		change->new = NULL;
	}
	return 0;
}

/*
 * Room for the next service is made here, ahead of time.  Should there be no
 * memory for it, model_plan() refuses the next service.add.
 */
static void model_make_room(struct model *model)
{
	struct service **grown;

	if (model->n_services < model->room)
		return;
	grown = reallocarray(model->services, model->room * 2,
			     sizeof(struct service *));
	if (!grown)
		return;
	model->services = grown;
	model->room *= 2;
}

void model_commit(struct model *model, struct change *change)
{
	const struct service *any = change->old ? change->old : change->new;
	size_t i = model_index(model, any->name);
	struct service **at = &model->services[i];

	if (!change->old) {
		memmove(at + 1, at, (model->n_services - i) * sizeof(*at));
		model->n_services++;
		*at = change->new;
	} else {
		service_free(*at);
		*at = change->new;
		if (!change->new) {
			model->n_services--;
			memmove(at, at + 1,
				(model->n_services - i) * sizeof(*at));
		}
	}
	model_make_room(model);
	memset(change, 0, sizeof(*change));
}

void change_drop(struct change *change)
{
	service_free(change->new);
	memset(change, 0, sizeof(*change));
}

json_t *model_to_json(const struct model *model, const struct change *change)
{
	const struct service *old = change ? change->old : NULL;
	const struct service *new = change ? change->new : NULL;
	json_t *services = json_array();
	json_t *vdports = NULL;
	size_t i;

	if (model->vdports.min || model->vdports.on_exhausted)
		vdports = vdports_to_json(&model->vdports);
	for (i = 0; i <= model->n_services; i++) {
		const struct service *service =
			i < model->n_services ? model->services[i] : NULL;

		/* Names order the file; a changed service keeps its own. */
		if (new && (!service || strcmp(new->name, service->name) <= 0)) {
			if (json_array_append_new(services,
						  service_to_json(new)))
				goto no_memory;
			new = NULL;
		}
		if (!service || service == old)
			continue;
		if (json_array_append_new(services, service_to_json(service)))
			goto no_memory;
	}
	return json_pack("{s:i, s:o*, s:o}", "version", STATE_VERSION,
			 "vdports", vdports, "services", services);

no_memory:
	json_decref(vdports);
	json_decref(services);
	return NULL;
}

/* Add "services[I]" or "services[I].backends[J]" to where the error was found. */
static void err_place(struct err *err, size_t i, const size_t *j)
{
	char arg[sizeof(err->arg)];

	if (!err)
		return;
	memcpy(arg, err->arg, sizeof(arg));
	if (j)
		snprintf(err->arg, sizeof(err->arg),
			 "services[%zu].backends[%zu]%s%.24s", i, *j,
			 arg[0] ? "." : "", arg);
	else
		snprintf(err->arg, sizeof(err->arg), "services[%zu]%s%.32s", i,
			 arg[0] ? "." : "", arg);
}

static int model_load_service(struct model *model, const json_t *entry,
			      size_t i, struct err *err)
{
	struct change change = { 0 };
	const json_t *backend;
	size_t j;
	int ret;

	if (!json_is_object(entry)) {
		ret = err_set(err, -EINVAL, NULL, "a service is an object");
		err_place(err, i, NULL);
		return ret;
	}
	ret = service_from_args(entry, true, &change.new, err);
	if (!ret)
		ret = model_check_new(model, change.new, err);
	if (ret) {
		err_place(err, i, NULL);
		change_drop(&change);
		return ret;
	}

	json_array_foreach(json_object_get(entry, "backends"), j, backend) {
		if (json_is_object(backend))
			ret = service_backend_add(change.new, backend, true,
						  err);
		else
			ret = err_set(err, -EINVAL, NULL,
				      "a backend is an object");
		if (ret) {
			err_place(err, i, &j);
			change_drop(&change);
			return ret;
		}
	}
	model_commit(model, &change);
	return 0;
}

struct model *model_from_json(const json_t *root, struct err *err)
{
	static const struct arg spec[] = {
		{ "version", ARG_INTEGER, true },
		{ "services", ARG_ARRAY, true },
		{ "vdports", ARG_OBJECT, false },
	};
	const json_t *vdports = json_object_get(root, "vdports");
	unsigned int version;
	struct model *model;
	const json_t *entry;
	size_t i;
	int ret;

	if (!json_is_object(root)) {
		err_set(err, -EINVAL, NULL, "the state is not an object");
		return NULL;
	}
	ret = args_check(root, spec, ARRAY_SIZE(spec), err);
	if (!ret)
		ret = args_uint(root, "version", STATE_VERSION, STATE_VERSION,
				&version, err);
	if (ret)
		return NULL;

	model = model_new();
	if (!model) {
		no_memory(err);
		return NULL;
	}
	if (vdports && vdports_from_json(vdports, &model->vdports, err)) {
		model_free(model);
		return NULL;
	}
	json_array_foreach(json_object_get(root, "services"), i, entry) {
		if (model_load_service(model, entry, i, err)) {
			model_free(model);
			return NULL;
		}
	}
	return model;
}
