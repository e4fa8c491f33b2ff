// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/args.h"
#include "model/model.h"
#include "model/service.h"
#include "model/vdports.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

json_t *model_to_json(const struct model *model)
{
	json_t *services = json_array();
	json_t *vdports = NULL;
	size_t i;

	if (model->vdports.min || model->vdports.on_exhausted)
		vdports = vdports_to_json(&model->vdports);
	for (i = 0; i < model->n_services; i++) {
		if (json_array_append_new(services,
				service_to_state(model->services[i]))) {
			json_decref(vdports);
			json_decref(services);
			return NULL;
		}
	}
	return json_pack("{s:i, s:o*, s:o}", "version", STATE_VERSION,
			 "vdports", vdports, "services", services);
}

/* A service, and its index in the list that was read. */
struct entry {
	struct service *service;
	size_t i;
};

struct reading {
	size_t n;
	struct entry *entries;
	model_error_fn *fn;
	void *data;
	bool failed;
};

/*
 * Report @err with "services[I]" or "services[I].backends[J]" before its arg.
 */
static void complain(struct reading *reading, const struct err *err, size_t i,
		     const size_t *j)
{
	struct err placed = *err;
	const char *dot = err->arg[0] ? "." : "";

	if (j)
		snprintf(placed.arg, sizeof(placed.arg),
			 "services[%zu].backends[%zu]%s%.24s", i, *j, dot,
			 err->arg);
	else
		snprintf(placed.arg, sizeof(placed.arg), "services[%zu]%s%.32s",
			 i, dot, err->arg);
	reading->failed = true;
	reading->fn(&placed, reading->data);
}

static void complain_plainly(struct reading *reading, const struct err *err)
{
	reading->failed = true;
	reading->fn(err, reading->data);
}

static void complain_vdports(struct reading *reading, const struct err *err)
{
	struct err placed = *err;

	snprintf(placed.arg, sizeof(placed.arg), "vdports%s%.32s",
		 err->arg[0] ? "." : "", err->arg);
	complain_plainly(reading, &placed);
}

static void read_service(struct reading *reading, const json_t *json, size_t i)
{
	struct service *service = NULL;
	struct err err = { 0 };
	const json_t *backend;
	size_t j;
	int ret;

	if (json_is_object(json))
		ret = service_from_args(json, true, &service, &err);
	else
		ret = err_set(&err, -EINVAL, NULL, "a service is an object");
	if (ret) {
		complain(reading, &err, i, NULL);
		return;
	}

	json_array_foreach(json_object_get(json, "backends"), j, backend) {
		if (json_is_object(backend))
			ret = service_backend_add(service, backend, true, &err);
		else
			ret = err_set(&err, -EINVAL, NULL,
				      "a backend is an object");
		if (ret)
			complain(reading, &err, i, &j);
	}
	reading->entries[reading->n++] = (struct entry){ service, i };
}

/* Equal services keep their order: the later one in the list is the error. */
static int by_vip(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = service_compare(x->service, y->service);

	return order ? order : (x->i > y->i) - (x->i < y->i);
}

static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->service->name, y->service->name);

	return order ? order : (x->i > y->i) - (x->i < y->i);
}

static void check_vips(struct reading *reading)
{
	struct err err;

	for (size_t i = 1; i < reading->n; i++)
		if (service_check_pair(reading->entries[i].service,
				       reading->entries[i - 1].service, &err))
			complain(reading, &err, reading->entries[i].i, NULL);
}

static void check_names(struct reading *reading)
{
	struct err err;

	for (size_t i = 1; i < reading->n; i++) {
		const char *name = reading->entries[i].service->name;

		if (strcmp(reading->entries[i - 1].service->name, name))
			continue;
		err_set(&err, -EEXIST, "name",
			"service %s exists already; use another name", name);
		complain(reading, &err, reading->entries[i].i, NULL);
	}
}

static void out_of_memory(struct reading *reading)
{
	struct err err;

	err_no_memory(&err);
	complain_plainly(reading, &err);
}

static void read_services(struct reading *reading, const json_t *list,
			  struct model *model)
{
	const json_t *json;
	size_t i;

	reading->entries = calloc(json_array_size(list) + 1,
				  sizeof(*reading->entries));
	if (!reading->entries || model_make_room(model, json_array_size(list))) {
		out_of_memory(reading);
		return;
	}
	json_array_foreach(list, i, json) {
		read_service(reading, json, i);
	}
	qsort(reading->entries, reading->n, sizeof(*reading->entries), by_name);
	check_names(reading);
	qsort(reading->entries, reading->n, sizeof(*reading->entries), by_vip);
	check_vips(reading);
	qsort(reading->entries, reading->n, sizeof(*reading->entries), by_name);

	for (i = 0; i < reading->n; i++)
		model->services[i] = reading->entries[i].service;
	model->n_services = reading->n;
	if (model_make_room(model, 1))
		out_of_memory(reading);
}

static int check_shape(const json_t *root, struct err *err)
{
	static const struct arg_spec spec[] = {
		{ "version", ARG_INTEGER, true },
		{ "services", ARG_ARRAY, true },
		{ "vdports", ARG_OBJECT, false },
	};
	unsigned int version;
	int ret;

	if (!json_is_object(root))
		return err_set(err, -EINVAL, NULL, "the state is not an object");
	ret = args_check(root, spec, ARRAY_SIZE(spec), err);
	return ret ? ret : args_uint(root, "version", STATE_VERSION,
				     STATE_VERSION, &version, err);
}

struct model *model_read(const json_t *root, model_error_fn *fn, void *data)
{
	const json_t *vdports = json_object_get(root, "vdports");
	struct reading reading = { .fn = fn, .data = data };
	struct err err = { 0 };
	struct model *model;

	if (check_shape(root, &err)) {
		fn(&err, data);
		return NULL;
	}
	model = model_new();
	if (!model) {
		out_of_memory(&reading);
		return NULL;
	}
	if (vdports && vdports_from_json(vdports, &model->vdports, &err))
		complain_vdports(&reading, &err);
	read_services(&reading, json_object_get(root, "services"), model);
	free(reading.entries);
	if (!reading.failed)
		return model;
	model_free(model);
	return NULL;
}

struct first {
	struct err *err;
	bool taken;
};

static void take_first(const struct err *err, void *data)
{
	struct first *first = data;

	if (!first->taken && first->err)
		*first->err = *err;
	first->taken = true;
}

struct model *model_from_json(const json_t *root, struct err *err)
{
	struct first first = { .err = err };

	return model_read(root, take_first, &first);
}
