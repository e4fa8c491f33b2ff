// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "args.h"
#include "change.h"
#include "conn.h"
#include "ct.h"
#include "kmod_list.h"
#include "kmod_stats.h"
#include "request.h"
#include "status.h"
#include "vdports.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, NULL, "dnatd is out of memory");
}

/* The service that argument @key names; *service NULL where it is left out. */
static int find_service(const struct model *model, const json_t *args,
			const char *key, const struct service **service,
			struct err *err)
{
	const char *name = args_string(args, key);
	int ret;

	*service = NULL;
	if (!name)
		return 0;
	ret = name_check(name, key, err);
	if (ret)
		return ret;
	*service = model_find(model, name);
	if (!*service)
		return err_set(err, -ENOENT, key,
			       "there is no service %s; see service show",
			       name);
	return 0;
}

static int service_show(struct dnatd *dnatd, const json_t *args,
			json_t **result, struct err *err)
{
	static const struct arg spec[] = { { "name", ARG_STRING, false } };
	const struct service *only;
	json_t *list;
	size_t i;
	int ret;

	ret = args_check(args, spec, ARRAY_SIZE(spec), err);
	if (!ret)
		ret = find_service(dnatd->model, args, "name", &only, err);
	if (ret)
		return ret;

	list = json_array();
	for (i = 0; i < dnatd->model->n_services; i++) {
		const struct service *service = dnatd->model->services[i];

		if (only && service != only)
			continue;
		if (json_array_append_new(list, service_to_json(service))) {
			json_decref(list);
			return no_memory(err);
		}
	}
	*result = list;
	return 0;
}

static int list_backends(json_t *list, const struct service *service)
{
	size_t i;

	for (i = 0; i < service->n_backends; i++)
		if (json_array_append_new(list,
				backend_to_json(&service->backends[i],
						service->name)))
			return -ENOMEM;
	return 0;
}

static int backend_show(struct dnatd *dnatd, const json_t *args,
			json_t **result, struct err *err)
{
	static const struct arg spec[] = { { "service", ARG_STRING, false } };
	const struct service *only;
	json_t *list;
	size_t i;
	int ret;

	ret = args_check(args, spec, ARRAY_SIZE(spec), err);
	if (!ret)
		ret = find_service(dnatd->model, args, "service", &only, err);
	if (ret)
		return ret;

	list = json_array();
	for (i = 0; i < dnatd->model->n_services; i++) {
		const struct service *service = dnatd->model->services[i];

		if (only && service != only)
			continue;
		if (list_backends(list, service)) {
			json_decref(list);
			return no_memory(err);
		}
	}
	*result = list;
	return 0;
}

/* @what: what only the module has. */
static int module_needed(const struct dnatd *dnatd, const char *what,
			 struct err *err)
{
	if (dnatd->in_force == ALLOC_MODULE)
		return 0;
	return err_set(err, -EOPNOTSUPP, NULL,
		       "%s by the module only, and allocator nf_nat is in force; see status",
		       what);
}

static int vdport_show(struct dnatd *dnatd, const json_t *args,
		       json_t **result, struct err *err)
{
	int ret = args_check(args, NULL, 0, err);

	if (!ret)
		ret = module_needed(dnatd, "vdports are counted", err);
	return ret ? ret : kmod_pools(dnatd->kmod, result, err);
}

static int stats(struct dnatd *dnatd, const json_t *args, json_t **result,
		 struct err *err)
{
	int ret = args_check(args, NULL, 0, err);

	if (!ret)
		ret = module_needed(dnatd, "packets and connections are counted",
				    err);
	return ret ? ret : kmod_stats(dnatd->kmod, result, err);
}

static int vdport_ports(struct dnatd *dnatd, const json_t *args,
			struct parts **parts, struct err *err)
{
	static const struct arg spec[] = {
		{ "vip", ARG_STRING, false },
		{ "proto", ARG_STRING, false },
	};
	const char *vip_text = args_string(args, "vip");
	const char *text = args_string(args, "proto");
	struct addr vip;
	uint8_t proto = 0;
	int ret;

	ret = args_check(args, spec, ARRAY_SIZE(spec), err);
	if (!ret && vip_text)
		ret = addr_parse(vip_text, "vip", &vip, err);
	if (!ret && text)
		ret = proto_parse(text, "proto", &proto, err);
	if (!ret)
		ret = module_needed(dnatd, "vdports are counted", err);
	if (ret)
		return ret;
	return kmod_ports(dnatd->kmod, vip_text ? &vip : NULL, proto, parts,
			  err);
}

/* An address that may be left out. */
static int find_addr(const json_t *args, const char *key, struct addr *addr,
		     const struct addr **found, struct err *err)
{
	const char *text = args_string(args, key);
	int ret = text ? addr_parse(text, key, addr, err) : 0;

	*found = text && !ret ? addr : NULL;
	return ret;
}

static int connection_show(struct dnatd *dnatd, const json_t *args,
			   json_t **result, struct parts **parts,
			   struct err *err)
{
	static const struct arg spec[] = {
		{ "service", ARG_STRING, false },
		{ "backend", ARG_STRING, false },
		{ "client", ARG_STRING, false },
		{ "state", ARG_STRING, false },
	};
	const char *state = args_string(args, "state");
	struct conn_filter filter = { .class = CONN_ANY };
	struct addr backend, client;
	int ret;

	ret = args_check(args, spec, ARRAY_SIZE(spec), err);
	if (!ret)
		ret = find_service(dnatd->model, args, "service",
				   &filter.service, err);
	if (!ret)
		ret = find_addr(args, "backend", &backend, &filter.backend,
				err);
	if (!ret)
		ret = find_addr(args, "client", &client, &filter.client, err);
	if (!ret && state)
		ret = conn_class_parse(state, &filter.class, err);
	if (ret)
		return ret;
	if (dnatd->in_force == ALLOC_MODULE)
		return kmod_conns(dnatd->kmod, dnatd->model, &filter, parts,
				  err);
	return ct_show(dnatd->model, &filter, result, err);
}

static int status(struct dnatd *dnatd, const json_t *args, json_t **result,
		  struct err *err)
{
	int ret = args_check(args, NULL, 0, err);

	if (ret)
		return ret;
	*result = status_to_json(dnatd, "/proc");
	return *result ? 0 : no_memory(err);
}

static const struct query {
	const char *op;
	int (*answer)(struct dnatd *dnatd, const json_t *args,
		      json_t **result, struct err *err);
} queries[] = {
	{ "service.show", service_show },
	{ "backend.show", backend_show },
	{ "vdport.show", vdport_show },
	{ "stats", stats },
	{ "status", status },
};

static const char *const changes[] = {
	"service.add", "service.set", "service.del",
	"backend.add", "backend.set", "backend.del",
};

int request_handle(const char *op, const json_t *args, json_t **result,
		   struct parts **parts, struct err *err, void *data)
{
	char quoted[80];
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(queries); i++)
		if (!strcmp(queries[i].op, op))
			return queries[i].answer(data, args, result, err);

	if (!strcmp(op, "connection.show"))
		return connection_show(data, args, result, parts, err);
	if (!strcmp(op, "vdport.ports"))
		return vdport_ports(data, args, parts, err);
	if (!strcmp(op, "vdport.set")) {
		ret = vdports_set(data, args, err);
		if (!ret)
			*result = json_null();
		return ret;
	}

	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		if (strcmp(changes[i], op))
			continue;
		ret = change_apply(data, op, args, err);
		if (!ret)
			*result = json_null();
		return ret;
	}
	return err_set(err, -EOPNOTSUPP, "op",
		       "operation \"%s\" is not known; is dnatctl newer than dnatd?",
		       text_quote(op, quoted, sizeof(quoted)));
}
