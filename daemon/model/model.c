// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/args.h"
#include "common/array.h"
#include "model/model.h"
#include "model/service.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ROOM_FIRST 16

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

static int compare_name(const void *name, const void *service)
{
	return strcmp(name, (*(const struct service *const *)service)->name);
}

/* Index of the service @name, or where it must be inserted. */
static size_t model_index(const struct model *model, const char *name)
{
	return array_first(model->services, model->n_services,
			   sizeof(*model->services), name, compare_name);
}

const struct service *model_find(const struct model *model, const char *name)
{
	size_t i = model_index(model, name);

	if (i < model->n_services && !strcmp(model->services[i]->name, name))
		return model->services[i];
	return NULL;
}

size_t model_backends(const struct model *model)
{
	size_t n = 0;

	for (size_t i = 0; i < model->n_services; i++)
		n += model->services[i]->n_backends;
	return n;
}

bool model_has_dev(const struct model *model, const char *dev)
{
	for (size_t i = 0; i < model->n_services; i++)
		if (!strcmp(model->services[i]->dev, dev))
			return true;
	return false;
}

int service_compare(const struct service *a, const struct service *b)
{
	int order = addr_compare(&a->vip, &b->vip);

	if (!order)
		order = (a->port > b->port) - (a->port < b->port);
	return order ? order : a->proto - b->proto;
}

int service_check_pair(const struct service *service,
		       const struct service *other, struct err *err)
{
	char vip[INET6_ADDRSTRLEN];

	if (service_compare(service, other))
		return 0;
	return err_set(err, -EEXIST, "vip",
		       "vip %s port %u proto %s is service %s already; use another vip, port or proto",
		       addr_text(&service->vip, vip, sizeof(vip)),
		       service->port, proto_text(service->proto), other->name);
}

/* Whether @service can be added to @model. */
static int model_check_new(const struct model *model,
			   const struct service *service, struct err *err)
{
	size_t i;
	int ret;

	if (model_find(model, service->name))
		return err_set(err, -EEXIST, "name",
			       "service %s exists already; use another name or service set",
			       service->name);
	for (i = 0; i < model->n_services; i++) {
		ret = service_check_pair(service, model->services[i], err);
		if (ret)
			return ret;
	}
	if (model->n_services == model->room)
		return err_no_memory(err);
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
	static const struct arg_spec spec[] = {
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

/* The operations on an existing service. */
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
		return err_no_memory(err);
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

static bool model_has(const struct model *model, const struct service *service)
{
	return model && model_find(model, service->name) == service;
}

const struct model *model_hold(struct model *model)
{
	struct model *held = calloc(1, sizeof(*held));
	size_t size = model->n_services * sizeof(*held->services);

	if (held)
		held->services = malloc(size + 1);
	if (!held || !held->services) {
		free(held);
		return NULL;
	}
	held->vdports = model->vdports;
	held->n_services = model->n_services;
	held->room = model->n_services + 1;
	memcpy(held->services, model->services, size);
	model->held = held;
	return held;
}

void model_let_go(struct model *model)
{
	struct model *held = model->held;

	model->held = NULL;
	for (size_t i = 0; held && i < held->n_services; i++)
		if (!model_has(model, held->services[i]))
			service_free(held->services[i]);
	if (held)
		free(held->services);
	free(held);
}

int model_room_new(const struct model *model, size_t more,
		   struct model_room *room)
{
	*room = (struct model_room){ .n = model->room };
	while (room->n < model->n_services + more)
		room->n *= 2;
	if (room->n == model->room)
		return 0;
	room->services = calloc(room->n, sizeof(struct service *));
	return room->services ? 0 : -ENOMEM;
}

void model_room_take(struct model *model, struct model_room *room)
{
	if (!room->services)
		return;
	memcpy(room->services, model->services,
	       model->n_services * sizeof(struct service *));
	free(model->services);
	model->services = room->services;
	model->room = room->n;
	room->services = NULL;
}

int model_make_room(struct model *model, size_t more)
{
	struct model_room room;
	int ret = model_room_new(model, more, &room);

	if (!ret)
		model_room_take(model, &room);
	return ret;
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
		if (!model_has(model->held, *at))
			service_free(*at);
		*at = change->new;
		if (!change->new) {
			model->n_services--;
			memmove(at, at + 1,
				(model->n_services - i) * sizeof(*at));
		}
	}
	/* If this fails, model_plan() refuses the next new service. */
	model_make_room(model, 1);
	memset(change, 0, sizeof(*change));
}

void change_drop(struct change *change)
{
	service_free(change->new);
	memset(change, 0, sizeof(*change));
}

size_t model_after(const struct model *model, const char *name)
{
	size_t i = model_index(model, name);

	return i + (i < model->n_services &&
		    !strcmp(model->services[i]->name, name));
}
