// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/apply.h"
#include "api/change_request.h"
#include "api/config_show.h"
#include "api/fault_watch.h"
#include "api/request.h"
#include "api/show.h"
#include "api/status.h"
#include "base/args.h"
#include "base/events.h"
#include "base/loop.h"
#include "conn/conn.h"
#include "conn/ct.h"
#include "engine/audit.h"
#include "engine/conns_end.h"
#include "model/model.h"
#include "module/kmod_list.h"
#include "module/kmod_show.h"
#include "module/kmod_stats.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Find the service that argument @key names; *service: NULL without it. */
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

/* @health: result, a string constant; NULL without the argument */
static int health_parse(const json_t *args, const char **health,
			struct err *err)
{
	static const char *const words[] = { "up", "down", "checking", "none" };
	size_t index;
	int ret;

	*health = NULL;
	if (!args_string(args, "health"))
		return 0;
	ret = args_word(args, "health", words, ARRAY_SIZE(words),
			"up, down, checking or none", &index, err);
	if (!ret)
		*health = words[index];
	return ret;
}

/* @name: the argument that names a service; without it all are shown */
static int show(struct dnatd *dnatd, const json_t *args, const char *name,
		struct long_answer *(*fn)(struct dnatd *dnatd,
					  const struct service *only,
					  const char *health),
		struct long_answer **parts, struct err *err)
{
	const struct service *only;
	const char *health;
	int ret = health_parse(args, &health, err);

	if (!ret)
		ret = find_service(dnatd->model, args, name, &only, err);
	if (ret)
		return ret;
	*parts = fn(dnatd, only, health);
	return *parts ? 0 : err_no_memory(err);
}

static int service_show(struct dnatd *dnatd, const json_t *args,
			struct long_answer **parts, struct err *err)
{
	return show(dnatd, args, "name", show_services, parts, err);
}

static int backend_show(struct dnatd *dnatd, const json_t *args,
			struct long_answer **parts, struct err *err)
{
	return show(dnatd, args, "service", show_backends, parts, err);
}

/* Return: 0, or an error if the module is not in force; @what: for its text */
static int module_needed(const struct dnatd *dnatd, const char *what,
			 struct err *err)
{
	if (dnatd->in_force == ALLOC_MODULE)
		return 0;
	return err_set(err, -EOPNOTSUPP, NULL,
		       "%s by the module only, and allocator nf_nat is in force; %s, see dnatctl status",
		       what, dnatd->configured == ALLOC_NF_NAT ?
				     "start dnatd without --allocator nf_nat" :
				     "load nf_double_nat and restart dnatd");
}

static int vdport_show(struct dnatd *dnatd, const json_t *args,
		       struct long_answer **parts, struct err *err)
{
	int ret = module_needed(dnatd, "vdports are counted", err);

	(void)args;
	return ret ? ret : kmod_show_pools(dnatd->kmod, parts, err);
}

static int stats(struct dnatd *dnatd, const json_t *args, json_t **result,
		 struct err *err)
{
	int ret = module_needed(dnatd, "packets and connections are counted",
				err);

	(void)args;
	return ret ? ret : kmod_stats(dnatd->kmod, result, err);
}

/* stats.services or stats.backends, depending on @list. */
static int stats_list(struct dnatd *dnatd, const json_t *args,
		      counters_fn *list, struct long_answer **parts,
		      struct err *err)
{
	const struct service *only;
	int ret = find_service(dnatd->model, args, "service", &only, err);

	if (!ret)
		ret = module_needed(dnatd, "packets and connections are counted",
				    err);
	return ret ? ret : kmod_show_counters(dnatd->kmod, dnatd->model, only,
					      list, parts, err);
}

static int stats_services(struct dnatd *dnatd, const json_t *args,
			  struct long_answer **parts, struct err *err)
{
	return stats_list(dnatd, args, counters_services, parts, err);
}

static int stats_backends(struct dnatd *dnatd, const json_t *args,
			  struct long_answer **parts, struct err *err)
{
	return stats_list(dnatd, args, counters_backends, parts, err);
}

static int vdport_ports(struct dnatd *dnatd, const json_t *args,
			struct long_answer **parts, struct err *err)
{
	const char *vip_text = args_string(args, "vip");
	const char *text = args_string(args, "proto");
	struct addr vip;
	uint8_t proto = 0;
	int ret = 0;

	if (vip_text)
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

/* The arguments of connection.show and connection.del. */
static int find_conns(struct dnatd *dnatd, const json_t *args,
		      struct conn_filter *filter, struct err *err)
{
	const char *backend = args_string(args, "backend");
	const char *client = args_string(args, "client");
	const char *state = args_string(args, "state");
	const struct service *service;
	int ret = find_service(dnatd->model, args, "service", &service, err);

	if (ret)
		return ret;
	*filter = (struct conn_filter){ .class = CONN_ANY };
	if (service)
		*filter = conn_filter_of(service, NULL);
	if (backend)
		ret = addr_parse(backend, "backend", &filter->backend.addr,
				 err);
	if (!ret && client)
		ret = addr_parse(client, "client", &filter->client.addr, err);
	if (!ret && state)
		ret = conn_state_parse(state, filter, err);
	return ret;
}

static int connection_show(struct dnatd *dnatd, const json_t *args,
			   struct long_answer **parts, struct err *err)
{
	struct conn_filter filter;
	int ret = find_conns(dnatd, args, &filter, err);

	if (ret)
		return ret;
	if (dnatd->in_force == ALLOC_MODULE)
		return kmod_conns(dnatd->kmod, dnatd->model, &filter, parts,
				  err);
	return ct_show(dnatd->model, &filter, parts, err);
}

static int connection_del(struct dnatd *dnatd, const json_t *args,
			  struct long_answer **parts, struct err *err)
{
	struct conn_filter filter;
	int ret = find_conns(dnatd, args, &filter, err);

	if (ret)
		return ret;
	if (!json_object_size(args))
		return err_set(err, -EINVAL, NULL,
			       "nothing to end; give service, backend, client or state, or use connection del all");
	if (filter.state)
		return err_set(err, -EINVAL, "state",
			       "connections are ended by their class; use state open, half-open or closed");
	return conns_end_parts(dnatd, &filter, parts, err);
}

static int connection_flush(struct dnatd *dnatd, const json_t *args,
			    struct long_answer **parts, struct err *err)
{
	static const struct conn_filter all = { .class = CONN_ANY };

	(void)args;
	return conns_end_parts(dnatd, &all, parts, err);
}

static int show_config(struct dnatd *dnatd, const json_t *args,
		       struct long_answer **parts, struct err *err)
{
	*parts = config_show(dnatd,
			     json_is_true(json_object_get(args, "brief")));
	return *parts ? 0 : err_no_memory(err);
}

static int status(struct dnatd *dnatd, const json_t *args, json_t **result,
		  struct err *err)
{
	(void)args;
	*result = status_to_json(dnatd, fault_watch_silence(dnatd->faults));
	return *result ? 0 : err_no_memory(err);
}

static int status_check(struct dnatd *dnatd, const json_t *args,
			json_t **result, struct err *err)
{
	const struct service *service;
	int ret = find_service(dnatd->model, args, "service", &service, err);

	if (!ret)
		ret = status_served(dnatd, service, err);
	if (!ret)
		*result = json_null();
	return ret;
}

static int monitor(struct dnatd *dnatd, const json_t *args,
		   struct long_answer **parts, struct err *err)
{
	(void)args;
	*parts = events_subscribe(dnatd->events, err);
	return *parts ? 0 : -ENOMEM;
}

static const struct arg_spec service_show_args[] = {
	{ "name", ARG_STRING, false },
	{ "health", ARG_STRING, false },
};

static const struct arg_spec backend_show_args[] = {
	{ "service", ARG_STRING, false },
	{ "health", ARG_STRING, false },
};

static const struct arg_spec port_args[] = {
	{ "vip", ARG_STRING, false },
	{ "proto", ARG_STRING, false },
};

static const struct arg_spec conn_args[] = {
	{ "service", ARG_STRING, false },
	{ "backend", ARG_STRING, false },
	{ "client", ARG_STRING, false },
	{ "state", ARG_STRING, false },
};

static const struct arg_spec service_args[] = {
	{ "service", ARG_STRING, false },
};

static const struct arg_spec config_args[] = {
	{ "brief", ARG_BOOLEAN, false },
};

#define ARGS(spec) .args = spec, .n_args = ARRAY_SIZE(spec)

/*
 * Each operation has exactly one of the three functions.  @change checks its
 * arguments itself.  CHANGES needs peer->changes.
 */
static const struct operation {
	const char *op;
	enum { CHANGES, LOOKS } does;
	const struct arg_spec *args;
	size_t n_args;
	int (*answer)(struct dnatd *dnatd, const json_t *args,
		      json_t **result, struct err *err);
	int (*list)(struct dnatd *dnatd, const json_t *args,
		    struct long_answer **parts, struct err *err);
	int (*change)(struct dnatd *dnatd, const char *op, const json_t *args,
		      struct long_answer **parts, struct err *err);
} operations[] = {
	{ "service.show", LOOKS, .list = service_show,
	  ARGS(service_show_args) },
	{ "service.add", CHANGES, .change = change_service },
	{ "service.set", CHANGES, .change = change_service },
	{ "service.del", CHANGES, .change = change_service },
	{ "backend.show", LOOKS, .list = backend_show,
	  ARGS(backend_show_args) },
	{ "backend.add", CHANGES, .change = change_service },
	{ "backend.set", CHANGES, .change = change_service },
	{ "backend.del", CHANGES, .change = change_service },
	{ "vdport.show", LOOKS, .list = vdport_show },
	{ "vdport.ports", LOOKS, .list = vdport_ports, ARGS(port_args) },
	{ "vdport.set", CHANGES, .change = change_vdports },
	{ "connection.show", LOOKS, .list = connection_show,
	  ARGS(conn_args) },
	{ "connection.del", CHANGES, .list = connection_del,
	  ARGS(conn_args) },
	{ "connection.flush", CHANGES, .list = connection_flush },
	{ "config.show", LOOKS, .list = show_config, ARGS(config_args) },
	{ "config.apply", CHANGES, .change = change_config },
	{ "stats", LOOKS, .answer = stats },
	{ "stats.services", LOOKS, .list = stats_services,
	  ARGS(service_args) },
	{ "stats.backends", LOOKS, .list = stats_backends,
	  ARGS(service_args) },
	{ "status", LOOKS, .answer = status },
	{ "status.check", LOOKS, .answer = status_check,
	  ARGS(service_args) },
	{ "monitor", LOOKS, .list = monitor },
};

static int carry_out(struct dnatd *dnatd, const struct operation *operation,
		     const json_t *args, json_t **result,
		     struct long_answer **parts, struct err *err)
{
	int ret;

	if (operation->change)
		return operation->change(dnatd, operation->op, args, parts, err);
	ret = args_check(args, operation->args, operation->n_args, err);
	if (ret)
		return ret;
	if (operation->answer)
		return operation->answer(dnatd, args, result, err);
	ret = operation->list(dnatd, args, parts, err);
	if (!ret && operation->does == CHANGES)
		audit_request(dnatd, operation->op, args);
	return ret;
}

int request_handle(const char *op, const json_t *args,
		   const struct peer *peer, json_t **result,
		   struct long_answer **parts, struct err *err, void *data)
{
	const struct operation *operation = NULL;
	struct dnatd *dnatd = data;
	char quoted[80];
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(operations) && !operation; i++)
		if (!strcmp(operations[i].op, op))
			operation = &operations[i];
	if (!operation)
		return err_set(err, -EOPNOTSUPP, "op",
			       "operation \"%s\" is not known; is dnatctl newer than dnatd?",
			       text_quote(op, quoted, sizeof(quoted)));
	if (operation->does != LOOKS && !peer->changes)
		return err_set(err, -EPERM, "op",
			       "%s changes something, and user %u may only look; run it as root, or see --admin-group in dnatd(8)",
			       operation->op, peer->uid);
	loop_does(operation->op);
	dnatd->peer = peer;
	ret = carry_out(dnatd, operation, args, result, parts, err);
	dnatd->peer = NULL;
	return ret;
}

int request_handle_long(char *line, size_t len, const struct peer *peer,
			struct long_answer **parts, struct err *err, void *data)
{
	struct dnatd *dnatd = data;
	int ret;

	loop_does("config.apply");
	dnatd->peer = peer;
	ret = change_config_line(dnatd, line, len, parts, err);
	dnatd->peer = NULL;
	return ret;
}
