// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/args.h"
#include "base/clock.h"
#include "common/duration.h"
#include "model/service.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PORT_MAX 65535

/* The arguments of backend.add and backend.set. */
#define BACKEND_ARGS \
	{ "addr", ARG_STRING, true }, \
	{ "port", ARG_INTEGER, false }, \
	{ "weight", ARG_INTEGER, false }, \
	{ "state", ARG_STRING, false }, \
	{ "deadline", ARG_STRING, false }, \
	{ "backup", ARG_STRING, false }, \
	{ "check-addr", ARG_STRING, false }, \
	{ "check-port", ARG_INTEGER, false }

#define DEADLINE_MAX (1000 * 3600 * 1000U)	/* duration_parse()'s limit */

static const char *const states[] = {
	[BACKEND_UP] = "up",
	[BACKEND_DRAIN] = "drain",
	[BACKEND_REMOVE] = "remove",
};

int64_t model_now(void)
{
	return clock_ms(CLOCK_REALTIME);
}

bool backend_left(const struct backend *backend, int64_t now,
		  unsigned int *left)
{
	int64_t rest = backend->until - now;

	if (rest < 0)
		rest = 0;
	*left = rest < backend->deadline ? (unsigned int)rest :
					   backend->deadline;
	return backend->until;
}

static int deadline_set(struct backend *backend, const char *text,
			const char *arg, struct err *err)
{
	int ret = duration_parse(text, arg, 0, DEADLINE_MAX,
				 &backend->deadline, err);

	if (!ret)
		backend->until = model_now() + backend->deadline;
	return ret;
}

/* Setting a state removes the old deadline; @args may have a new one. */
static int state_set(struct backend *backend, const json_t *args,
		     struct err *err)
{
	const char *deadline = args_string(args, "deadline");
	const json_t *state = json_object_get(args, "state");
	const json_t *until = json_object_get(args, "until");
	size_t index = backend->state;
	int ret;

	if (!state && !deadline)
		return 0;
	ret = args_word(args, "state", states, ARRAY_SIZE(states),
			"up, drain or remove", &index, err);
	if (ret)
		return ret;
	backend->state = (enum backend_state)index;
	backend->until = 0;
	backend->deadline = 0;
	if (deadline && (!state || backend->state == BACKEND_UP))
		return err_set(err, -EINVAL, "deadline",
			       "deadline is for a backend that drains; give state drain or remove with it");
	if (deadline)
		ret = deadline_set(backend, deadline, "deadline", err);
	if (!ret && deadline && until)
		backend->until = json_integer_value(until);
	return ret;
}

/* Set the changeable members that are in @args, except for the state. */
static int backend_change(const json_t *args, struct backend *backend,
			  struct err *err)
{
	const char *check_addr = args_string(args, "check-addr");
	unsigned int check_port = backend->check_port;
	int ret;

	ret = args_uint(args, "weight", 0, WEIGHT_MAX, &backend->weight, err);
	if (!ret && check_addr)
		ret = addr_parse(check_addr, "check-addr",
				 &backend->check_addr, err);
	if (!ret)
		ret = args_uint(args, "check-port", 1, PORT_MAX, &check_port,
				err);
	if (!ret)
		ret = args_switch(args, "backup", &backend->backup, err);
	if (ret)
		return ret;

	backend->check_port = (uint16_t)check_port;
	/* The check's default address and port are stored as 0. */
	if (addr_equal(&backend->check_addr, &backend->addr))
		memset(&backend->check_addr, 0, sizeof(backend->check_addr));
	if (backend->check_port == backend->port)
		backend->check_port = 0;
	return 0;
}

/* The part that all three backend operations have in common. */
static int backend_args(const json_t *args, const struct arg_spec *spec,
			size_t n, struct backend *backend, struct err *err)
{
	unsigned int port = 0;
	int ret;

	memset(backend, 0, sizeof(*backend));
	backend->weight = 1;
	ret = args_check(args, spec, n, err);
	if (!ret)
		ret = addr_parse(args_string(args, "addr"), "addr",
				 &backend->addr, err);
	if (!ret)
		ret = args_uint(args, "port", 1, PORT_MAX, &port, err);
	backend->port = (uint16_t)port;
	return ret ? ret : backend_change(args, backend, err);
}

size_t service_find_backend(const struct service *service,
			    const struct addr *addr, uint16_t port)
{
	size_t i = 0;

	while (i < service->n_backends &&
	       (service->backends[i].port != port ||
		!addr_equal(&service->backends[i].addr, addr)))
		i++;
	return i;
}

static int backend_check(const struct service *service,
			 const struct backend *backend, struct err *err)
{
	char text[INET6_ADDRSTRLEN];

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
	if (addr_is_loopback(&backend->addr))
		return err_set(err, -EINVAL, "addr",
			       "addr %s is a loopback address, which is not routed; use the backend's own",
			       text);
	if (service_find_backend(service, &backend->addr, backend->port) <
	    service->n_backends)
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
	const struct arg_spec spec[] = {
		BACKEND_ARGS,
		{ stored ? "until" : "service",
		  stored ? ARG_INTEGER : ARG_STRING, !stored },
	};
	struct backend backend;
	struct backend *grown;
	int ret;

	ret = backend_args(args, spec, ARRAY_SIZE(spec), &backend, err);
	if (!ret)
		ret = state_set(&backend, args, err);
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
		return err_no_memory(err);
	service->backends = grown;
	service->backends[service->n_backends++] = backend;
	return service_check_slots(service, "weight", err);
}

/* The ports of all backends with @addr, as "80, 8080"; cut with "...". */
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

/* Find @wanted's address and port; port 0: the address must be unique. */
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
	static const struct arg_spec spec[] = {
		{ "service", ARG_STRING, true },
		BACKEND_ARGS,
	};
	const char *state = args_string(args, "state");
	struct backend backend;
	struct backend *found;
	size_t i;
	int ret;

	ret = backend_args(args, spec, ARRAY_SIZE(spec), &backend, err);
	if (!ret)
		ret = backend_find(service, &backend, &i, err);
	if (ret)
		return ret;
	if (json_object_size(args) == (json_object_get(args, "port") ? 3 : 2))
		return err_set(err, -EINVAL, NULL,
			       "nothing to set; give weight, state, backup, check-addr or check-port");
	found = &service->backends[i];
	ret = backend_change(args, found, err);
	if (!ret)
		ret = state_set(found, args, err);
	if (!ret && state && found->state == BACKEND_UP && !found->weight)
		return err_set(err, -EINVAL, "weight",
			       "weight is 0, which means no new connections; give another weight with state up");
	return ret ? ret : service_check_slots(service, "weight", err);
}

int service_backend_del(struct service *service, const json_t *args,
			struct err *err)
{
	static const struct arg_spec spec[] = {
		{ "service", ARG_STRING, true },
		{ "addr", ARG_STRING, true },
		{ "port", ARG_INTEGER, false },
		{ "drain", ARG_STRING, false },
	};
	const char *drain = args_string(args, "drain");
	struct backend backend;
	size_t i;
	int ret;

	ret = backend_args(args, spec, ARRAY_SIZE(spec), &backend, err);
	if (!ret)
		ret = backend_find(service, &backend, &i, err);
	if (ret)
		return ret;
	if (drain) {
		service->backends[i].state = BACKEND_REMOVE;
		return deadline_set(&service->backends[i], drain, "drain", err);
	}
	service->n_backends--;
	memmove(&service->backends[i], &service->backends[i + 1],
		(service->n_backends - i) * sizeof(*service->backends));
	return 0;
}

json_t *backend_to_json(const struct backend *backend, const char *name)
{
	char addr[INET6_ADDRSTRLEN], check_addr[INET6_ADDRSTRLEN];
	char deadline[DURATION_TEXT_LEN];
	bool own = backend->check_addr.family;
	json_t *json;

	addr_text(&backend->addr, addr, sizeof(addr));
	if (own)
		addr_text(&backend->check_addr, check_addr, sizeof(check_addr));
	duration_text(backend->deadline, deadline, sizeof(deadline));
	json = json_pack("{s:s*, s:s, s:i, s:i, s:s*, s:s*, s:s*, s:s*}",
			 "service", name, "addr", addr, "port", backend->port,
			 "weight", (int)backend->weight, "state",
			 backend->state == BACKEND_UP ? NULL :
							states[backend->state],
			 "deadline", backend->until ? deadline : NULL,
			 "backup", backend->backup ? "on" : NULL,
			 "check-addr", own ? check_addr : NULL);
	if (json && backend->check_port &&
	    json_object_set_new(json, "check-port",
				json_integer(backend->check_port))) {
		json_decref(json);
		return NULL;
	}
	return json;
}
