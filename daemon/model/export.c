// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "base/args.h"
#include "common/addr.h"
#include "model/export.h"
#include "model/model.h"
#include "model/service.h"

/* A service with @full's name, VIP and port and defaults for the rest. */
static struct service *plain_service(const json_t *full)
{
	json_t *args = json_pack("{s:O, s:O, s:O}", "name",
				 json_object_get(full, "name"), "vip",
				 json_object_get(full, "vip"), "port",
				 json_object_get(full, "port"));
	struct service *service = NULL;

	if (args)
		service_from_args(args, true, &service, NULL);
	json_decref(args);
	return service;
}

/* A backend with defaults for all but its address.  NULL: no memory */
static json_t *plain_backend(struct service *service, const char *addr)
{
	json_t *args = json_pack("{s:s}", "addr", addr);
	json_t *backend = NULL;

	if (args && !service_backend_add(service, args, true, NULL))
		backend = backend_to_json(&service->backends[0], NULL);
	json_decref(args);
	return backend;
}

/* Remove the members of @full that are equal in @plain, except for @keep. */
static void take_out(json_t *full, json_t *plain, const char *const *keep)
{
	const char *key;
	json_t *value;

	for (; *keep; keep++)
		json_object_del(plain, *keep);
	json_object_foreach(plain, key, value) {
		if (json_equal(json_object_get(full, key), value))
			json_object_del(full, key);
	}
}

static int shorten_backends(json_t *full, struct service *service)
{
	static const char *const keep[] = { "addr", NULL };
	json_t *backends = json_object_get(full, "backends");
	json_t *backend, *plain;
	size_t i;

	if (!json_array_size(backends))
		return 0;
	backend = json_array_get(backends, 0);
	plain = plain_backend(service, args_string(backend, "addr"));
	if (!plain)
		return -1;
	json_array_foreach(backends, i, backend) {
		take_out(backend, plain, keep);
	}
	json_decref(plain);
	return 0;
}

json_t *export_service(const struct service *service)
{
	static const char *const keep[] = { "name", "vip", "port", "backends",
					    NULL };
	json_t *full = service_to_json(service);
	struct service *plain = full ? plain_service(full) : NULL;
	json_t *json = plain ? service_to_json(plain) : NULL;

	if (!json || shorten_backends(full, plain)) {
		json_decref(full);
		full = NULL;
	} else {
		take_out(full, json, keep);
	}
	json_decref(json);
	service_free(plain);
	return full;
}

json_t *export_model(const struct model *model)
{
	const struct model settings = { .vdports = model->vdports };
	json_t *root = model_to_json(&settings);
	json_t *services = json_object_get(root, "services");

	for (size_t i = 0; root && i < model->n_services; i++) {
		if (!json_array_append_new(services,
					   export_service(model->services[i])))
			continue;
		json_decref(root);
		root = NULL;
	}
	return root;
}
