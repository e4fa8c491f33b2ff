// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "ruleset.h"
#include "service.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PORT_MAX 65535

static const char *const schedulers[] = {
	[SCHED_RR] = "rr",
	[SCHED_WRR] = "wrr",
};

const char *scheduler_text(enum scheduler scheduler)
{
	return schedulers[scheduler];
}

static const char *fast_text(bool fast)
{
	return fast ? "on" : "off";
}

const char *mode_text(enum mode mode)
{
	(void)mode;
	return "double-nat";
}

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, NULL, "dnatd is out of memory");
}

static int scheduler_parse(const char *text, enum scheduler *scheduler,
			   struct err *err)
{
	char quoted[80];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(schedulers); i++) {
		if (!strcmp(text, schedulers[i])) {
			*scheduler = (enum scheduler)i;
			return 0;
		}
	}
	return err_set(err, -EINVAL, "scheduler",
		       "scheduler \"%s\" is not known; use rr or wrr",
		       text_quote(text, quoted, sizeof(quoted)));
}

static int mode_parse(const char *text, enum mode *mode, struct err *err)
{
	char quoted[80];

	if (strcmp(text, mode_text(MODE_DOUBLE_NAT)))
		return err_set(err, -EINVAL, "mode",
			       "mode \"%s\" is not known; use double-nat",
			       text_quote(text, quoted, sizeof(quoted)));
	*mode = MODE_DOUBLE_NAT;
	return 0;
}

static int fast_parse(const char *text, bool *fast, struct err *err)
{
	char quoted[80];

	if (strcmp(text, "on") && strcmp(text, "off"))
		return err_set(err, -EINVAL, "fast",
			       "fast \"%s\" is not known; use on or off",
			       text_quote(text, quoted, sizeof(quoted)));
	*fast = !strcmp(text, "on");
	return 0;
}

/* The kernel's rules for an interface's name, and printable ASCII. */
static int dev_parse(const char *text, char dev[IFNAMSIZ], struct err *err)
{
	size_t len = text ? strlen(text) : 0;
	char quoted[80];
	size_t i;

	memset(dev, 0, IFNAMSIZ);
	if (!text || !strcmp(text, "none"))
		return 0;

	for (i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~' || strchr("/:", text[i]))
			break;
	if (!len || len >= IFNAMSIZ || i < len || !strcmp(text, ".") ||
	    !strcmp(text, ".."))
		return err_set(err, -EINVAL, "dev",
			       "dev \"%s\" cannot be an interface's name; use one that ip link lists, or none",
			       text_quote(text, quoted, sizeof(quoted)));
	memcpy(dev, text, len);
	return 0;
}

int service_from_args(const json_t *args, bool stored,
		      struct service **result, struct err *err)
{
	static const struct arg spec[] = {
		{ "name", ARG_STRING, true },
		{ "vip", ARG_STRING, true },
		{ "port", ARG_INTEGER, true },
		{ "proto", ARG_STRING, false },
		{ "mode", ARG_STRING, false },
		{ "scheduler", ARG_STRING, false },
		{ "dev", ARG_STRING_OR_NULL, false },
		{ "fast", ARG_STRING, false },
		{ "backends", ARG_ARRAY, false },
	};
	const char *name = args_string(args, "name");
	const char *proto = args_string(args, "proto");
	const char *mode = args_string(args, "mode");
	const char *scheduler = args_string(args, "scheduler");
	const char *fast = args_string(args, "fast");
	struct service *service;
	unsigned int port = 0;
	int ret;

	ret = args_check(args, spec, ARRAY_SIZE(spec) - !stored, err);
	if (ret)
		return ret;

	service = calloc(1, sizeof(*service));
	if (!service)
		return no_memory(err);
	service->proto = IPPROTO_TCP;
	service->fast = true;

	ret = name_check(name, "name", err);
	if (!ret)
		ret = addr_parse(args_string(args, "vip"), "vip",
				 &service->vip, err);
	if (!ret)
		ret = args_uint(args, "port", 1, PORT_MAX, &port, err);
	if (!ret && proto)
		ret = proto_parse(proto, "proto", &service->proto, err);
	if (!ret && mode)
		ret = mode_parse(mode, &service->mode, err);
	if (!ret && scheduler)
		ret = scheduler_parse(scheduler, &service->scheduler, err);
	if (!ret)
		ret = dev_parse(args_string(args, "dev"), service->dev, err);
	if (!ret && fast)
		ret = fast_parse(fast, &service->fast, err);
	if (ret) {
		service_free(service);
		return ret;
	}

	snprintf(service->name, sizeof(service->name), "%s", name);
	service->port = (uint16_t)port;
	*result = service;
	return 0;
}

struct service *service_copy(const struct service *service)
{
	struct service *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *service;
	copy->backends = calloc(service->n_backends + 1,
				sizeof(*copy->backends));
	if (!copy->backends) {
		free(copy);
		return NULL;
	}
	if (service->n_backends)
		memcpy(copy->backends, service->backends,
		       service->n_backends * sizeof(*copy->backends));
	return copy;
}

void service_free(struct service *service)
{
	if (!service)
		return;
	free(service->backends);
	free(service);
}

/* A map of too many slots would make every change of the service slow. */
static int slots_check(const struct service *service, const char *arg,
		       struct err *err)
{
	size_t n = ruleset_n_slots(service);

	if (n <= SLOTS_MAX)
		return 0;
	return err_set(err, -E2BIG, arg,
		       "the weights of service %s add up to %zu, more than %d; use smaller ones",
		       service->name, n, SLOTS_MAX);
}

int service_set(struct service *service, const json_t *args, struct err *err)
{
	static const struct arg spec[] = {
		{ "name", ARG_STRING, true },
		{ "scheduler", ARG_STRING, false },
		{ "dev", ARG_STRING_OR_NULL, false },
		{ "fast", ARG_STRING, false },
	};
	static const char *const fixed[] = { "vip", "port", "proto", "mode" };
	const char *scheduler = args_string(args, "scheduler");
	const char *fast = args_string(args, "fast");
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(fixed); i++)
		if (json_object_get(args, fixed[i]))
			return err_set(err, -EINVAL, fixed[i],
				       "%s of a service cannot be changed; delete the service and add it",
				       fixed[i]);
	ret = args_check(args, spec, ARRAY_SIZE(spec), err);
	if (ret)
		return ret;
	if (json_object_size(args) < 2)
		return err_set(err, -EINVAL, NULL,
			       "nothing to set; give scheduler, dev or fast");

	if (scheduler)
		ret = scheduler_parse(scheduler, &service->scheduler, err);
	if (!ret && json_object_get(args, "dev"))
		ret = dev_parse(args_string(args, "dev"), service->dev, err);
	if (!ret && fast)
		ret = fast_parse(fast, &service->fast, err);
	if (!ret)
		ret = slots_check(service, "scheduler", err);
	return ret;
}

/* The part that all three backend operations have in common. */
static int backend_args(const json_t *args, const struct arg *spec, size_t n,
			struct backend *backend, struct err *err)
{
	unsigned int weight = 1;
	unsigned int port = 0;
	int ret;

	ret = args_check(args, spec, n, err);
	if (!ret)
		ret = addr_parse(args_string(args, "addr"), "addr",
				 &backend->addr, err);
	if (!ret)
		ret = args_uint(args, "port", 1, PORT_MAX, &port, err);
	if (!ret)
		ret = args_uint(args, "weight", 0, WEIGHT_MAX, &weight, err);
	backend->port = (uint16_t)port;
	backend->weight = weight;
	return ret;
}

static bool backend_is(const struct backend *a, const struct backend *b)
{
	return a->port == b->port && addr_equal(&a->addr, &b->addr);
}

static bool is_loopback(const struct addr *addr)
{
	if (addr->family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&addr->v6);
	return ntohl(addr->v4.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}

static int backend_check(const struct service *service,
			 const struct backend *backend, struct err *err)
{
	char text[INET6_ADDRSTRLEN];
	size_t i;

	addr_text(&backend->addr, text, sizeof(text));
	if (backend->addr.family != service->vip.family)
		return err_set(err, -EINVAL, "addr",
			       "addr %s and the VIP of service %s are of different families; use IPv%d",
			       text, service->name,
			       service->vip.family == AF_INET ? 4 : 6);
	if (addr_equal(&backend->addr, &service->vip))
		return err_set(err, -EINVAL, "addr",
			       "addr %s is the VIP of service %s, connections would loop; use another address",
			       text, service->name);
	if (is_loopback(&backend->addr))
		return err_set(err, -EINVAL, "addr",
			       "addr %s is a loopback address, which is not routed; use the backend's own",
			       text);
	for (i = 0; i < service->n_backends; i++)
		if (backend_is(&service->backends[i], backend))
			return err_set(err, -EEXIST, "addr",
				       "service %s has backend addr %s port %u already; use backend set",
				       service->name, text, backend->port);
	if (service->n_backends >= BACKENDS_MAX)
		return err_set(err, -E2BIG, "addr",
			       "service %s has %d backends, it cannot take more; use a second service",
			       service->name, BACKENDS_MAX);
	return 0;
}

int service_backend_add(struct service *service, const json_t *args,
			bool stored, struct err *err)
{
	static const struct arg spec[] = {
		{ "addr", ARG_STRING, true },
		{ "port", ARG_INTEGER, false },
		{ "weight", ARG_INTEGER, false },
		{ "service", ARG_STRING, true },
	};
	struct backend backend;
	struct backend *grown;
	int ret;

	ret = backend_args(args, spec, ARRAY_SIZE(spec) - stored, &backend,
			   err);
	if (ret)
		return ret;
	if (!backend.port)
		backend.port = service->port;
	ret = backend_check(service, &backend, err);
	if (ret)
		return ret;

	grown = reallocarray(service->backends, service->n_backends + 1,
			     sizeof(*grown));
	if (!grown)
		return no_memory(err);
	service->backends = grown;
	service->backends[service->n_backends++] = backend;
	return slots_check(service, "weight", err);
}

/* "80, 8080", cut with "..." where there are many. */
static void ports_text(const struct service *service, const struct addr *addr,
		       char *buf, size_t len)
{
	static const char cut[] = ", ...";
	size_t room = len - sizeof(cut);
	size_t used = 0;
	size_t i;

	buf[0] = '\0';
	for (i = 0; i < service->n_backends; i++) {
		const struct backend *backend = &service->backends[i];
		char text[16];
		size_t n;

		if (!addr_equal(&backend->addr, addr))
			continue;
		n = (size_t)snprintf(text, sizeof(text), "%s%u",
				     used ? ", " : "", backend->port);
		if (used + n > room) {
			memcpy(buf + used, cut, sizeof(cut));
			return;
		}
		memcpy(buf + used, text, n + 1);
		used += n;
	}
}

/* Where @wanted stands in @service; its port may be 0 for "the only one". */
static int backend_find(const struct service *service,
			const struct backend *wanted, size_t *index,
			struct err *err)
{
	char text[INET6_ADDRSTRLEN];
	char ports[128];
	size_t matches = 0;
	size_t i;

	for (i = 0; i < service->n_backends; i++) {
		const struct backend *backend = &service->backends[i];

		if (!addr_equal(&backend->addr, &wanted->addr) ||
		    (wanted->port && backend->port != wanted->port))
			continue;
		*index = i;
		matches++;
	}
	if (matches == 1)
		return 0;

	addr_text(&wanted->addr, text, sizeof(text));
	ports_text(service, &wanted->addr, ports, sizeof(ports));
	if (matches)
		return err_set(err, -EINVAL, "port",
			       "service %s has backend addr %s on the ports %s; say which port",
			       service->name, text, ports);
	if (ports[0])
		return err_set(err, -ENOENT, "port",
			       "service %s has backend addr %s not on port %u but on %s",
			       service->name, text, wanted->port, ports);
	return err_set(err, -ENOENT, "addr",
		       "service %s has no backend addr %s; see backend show",
		       service->name, text);
}

int service_backend_set(struct service *service, const json_t *args,
			struct err *err)
{
	static const struct arg spec[] = {
		{ "service", ARG_STRING, true },
		{ "addr", ARG_STRING, true },
		{ "port", ARG_INTEGER, false },
		{ "weight", ARG_INTEGER, true },
	};
	struct backend backend;
	size_t i;
	int ret;

	ret = backend_args(args, spec, ARRAY_SIZE(spec), &backend, err);
	if (!ret)
		ret = backend_find(service, &backend, &i, err);
	if (ret)
		return ret;
	service->backends[i].weight = backend.weight;
	return slots_check(service, "weight", err);
}

int service_backend_del(struct service *service, const json_t *args,
			struct err *err)
{
	static const struct arg spec[] = {
		{ "service", ARG_STRING, true },
		{ "addr", ARG_STRING, true },
		{ "port", ARG_INTEGER, false },
	};
	struct backend backend;
	size_t i;
	int ret;

	ret = backend_args(args, spec, ARRAY_SIZE(spec), &backend, err);
	if (!ret)
		ret = backend_find(service, &backend, &i, err);
	if (ret)
		return ret;
	service->n_backends--;
	memmove(&service->backends[i], &service->backends[i + 1],
		(service->n_backends - i) * sizeof(*service->backends));
	return 0;
}

json_t *backend_to_json(const struct backend *backend, const char *name)
{
	char addr[INET6_ADDRSTRLEN];

	addr_text(&backend->addr, addr, sizeof(addr));
	return json_pack("{s:s*, s:s, s:i, s:i}", "service", name, "addr",
			 addr, "port", backend->port, "weight",
			 (int)backend->weight);
}

json_t *service_to_json(const struct service *service)
{
	const char *dev = service->dev[0] ? service->dev : NULL;
	json_t *backends = json_array();
	char vip[INET6_ADDRSTRLEN];
	size_t i;

	for (i = 0; i < service->n_backends; i++) {
		json_t *backend = backend_to_json(&service->backends[i], NULL);

		if (json_array_append_new(backends, backend)) {
			json_decref(backends);
			return NULL;
		}
	}
	addr_text(&service->vip, vip, sizeof(vip));
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s?, s:s, s:o}",
			 "name",
			 service->name, "vip", vip, "port", service->port,
			 "proto", proto_text(service->proto), "mode",
			 mode_text(service->mode), "scheduler",
			 scheduler_text(service->scheduler), "dev", dev,
			 "fast", fast_text(service->fast), "backends",
			 backends);
}
