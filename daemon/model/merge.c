// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/args.h"
#include "model/merge.h"
#include "model/service.h"

/* @json's members that @was has not, or has otherwise; NULL: no memory. */
static json_t *members_changed(const json_t *was, json_t *json)
{
	json_t *changed = json_object();
	const char *key;
	json_t *value;

	json_object_foreach(json, key, value) {
		if (json_equal(json_object_get(was, key), value) ||
		    !json_object_set(changed, key, value))
			continue;
		json_decref(changed);
		return NULL;
	}
	return changed;
}

static int set_service(struct service *service, const json_t *was, json_t *json)
{
	json_t *args = members_changed(was, json);
	int ret = -ENOMEM;

	json_object_del(args, "backends");
	if (args && !json_object_size(args))
		ret = 0;
	else if (!json_object_set(args, "name", json_object_get(json, "name")))
		ret = service_set(service, args, NULL);
	json_decref(args);
	return ret;
}

/* The place of @wanted in @service, or how many backends that has. */
static size_t find(const struct service *service, const struct backend *wanted)
{
	return service_find_backend(service, &wanted->addr, wanted->port);
}

/* Have the operation @fn done to @backend, with its members in @args. */
static int do_backend(struct service *service, const struct backend *backend,
		      json_t *args,
		      int (*fn)(struct service *service, const json_t *args,
				struct err *err))
{
	json_t *full = backend_to_json(backend, service->name);
	int ret = -ENOMEM;

	if (args && full &&
	    !json_object_set(args, "service", json_object_get(full, "service")) &&
	    !json_object_set(args, "addr", json_object_get(full, "addr")) &&
	    !json_object_set(args, "port", json_object_get(full, "port")))
		ret = fn(service, args, NULL);
	json_decref(full);
	json_decref(args);
	return ret;
}

static int del_backends(struct service *service, const struct service *wanted)
{
	int ret = 0;

	for (size_t i = service->n_backends; !ret && i--;) {
		const struct backend backend = service->backends[i];

		if (find(wanted, &backend) == wanted->n_backends)
			ret = do_backend(service, &backend, json_object(),
					 service_backend_del);
	}
	return ret;
}

static int add_backend(struct service *service, const json_t *args,
		       struct err *err)
{
	return service_backend_add(service, args, false, err);
}

static int set_backend(struct service *service, const struct backend *wanted,
		       const struct backend *was)
{
	json_t *new = backend_to_json(wanted, NULL);
	json_t *old = backend_to_json(was, NULL);
	json_t *args = new && old ? members_changed(old, new) : NULL;
	int ret = 0;

	if (!args || json_object_size(args))
		ret = do_backend(service, wanted, args, service_backend_set);
	else
		json_decref(args);
	json_decref(old);
	json_decref(new);
	return ret;
}

/* Change those that stay and add the others. */
static int put_backends(struct service *service, const struct service *wanted)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < wanted->n_backends; i++) {
		const struct backend *backend = &wanted->backends[i];
		size_t at = find(service, backend);

		if (at < service->n_backends)
			ret = set_backend(service, backend,
					  &service->backends[at]);
		else
			ret = do_backend(service, backend,
					 backend_to_json(backend, NULL),
					 add_backend);
	}
	return ret;
}

/* They have the same backends; bring them into the same order. */
static void order_backends(struct service *service,
			   const struct service *wanted)
{
	for (size_t i = 0; i < wanted->n_backends; i++) {
		size_t at = find(service, &wanted->backends[i]);
		struct backend backend;

		if (at == i || at == service->n_backends)
			continue;
		backend = service->backends[at];
		service->backends[at] = service->backends[i];
		service->backends[i] = backend;
	}
}

/*
 * @old as @wanted, changed by the operations that an admin has, lest what else
 * is known of the service and its backends be lost.  NULL: they cannot.
 */
static struct service *changed(const struct service *old, const json_t *was,
			       const struct service *wanted, json_t *json)
{
	struct service *service = service_copy(old);
	json_t *got = NULL;

	if (service && !set_service(service, was, json) &&
	    !del_backends(service, wanted) && !put_backends(service, wanted)) {
		order_backends(service, wanted);
		got = service_to_json(service);
	}
	if (!json_equal(got, json)) {
		service_free(service);
		service = NULL;
	}
	json_decref(got);
	return service;
}

static int plan_both(const struct service *old, struct service **wanted,
		     struct changes *changes, struct err *err)
{
	struct change *change = &changes->list[changes->n];
	json_t *was = service_to_json(old);
	json_t *json = service_to_json(*wanted);
	int ret = 0;

	if (!was || !json) {
		ret = err_no_memory(err);
	} else if (!json_equal(was, json)) {
		change->old = old;
		change->new = changed(old, was, *wanted, json);
		if (!change->new) {
			change->new = *wanted;
			*wanted = NULL;
		}
		changes->n++;
	}
	json_decref(was);
	json_decref(json);
	return ret;
}

int merge_plan(const struct model *model, struct model *wanted,
	       struct changes *changes, struct err *err)
{
	size_t i = 0, j = 0;
	int ret = 0;

	memset(changes, 0, sizeof(*changes));
	changes->list = calloc(model->n_services + wanted->n_services + 1,
			       sizeof(*changes->list));
	if (!changes->list)
		return err_no_memory(err);
	while (!ret && (i < model->n_services || j < wanted->n_services)) {
		const struct service *old = i < model->n_services ?
						    model->services[i] : NULL;
		struct service **new = &wanted->services[j];
		int order = !old ? 1 : j == wanted->n_services ? -1 :
			    strcmp(old->name, (*new)->name);

		i += order <= 0;
		j += order >= 0;
		if (!order) {
			ret = plan_both(old, new, changes, err);
		} else if (order < 0) {
			changes->list[changes->n++].old = old;
		} else {
			changes->list[changes->n++].new = *new;
			*new = NULL;
		}
	}
	return ret;
}

void merge_drop(struct changes *changes)
{
	for (size_t i = 0; i < changes->n; i++)
		change_drop(&changes->list[i]);
	free(changes->list);
	memset(changes, 0, sizeof(*changes));
}
