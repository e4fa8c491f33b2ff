// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/args.h"
#include "model/check.h"
#include "model/slots.h"
#include "model/service.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PORT_MAX 65535

/* The arguments that service.add and service.set both have. */
#define SERVICE_ARGS \
	{ "scheduler", ARG_STRING, false }, \
	{ "dev", ARG_STRING_OR_NULL, false }, \
	{ "fast", ARG_STRING, false }, \
	{ "on-down", ARG_STRING, false }, \
	{ "when-empty", ARG_STRING, false }, \
	CHECK_ARG_SPECS


static const char *const schedulers[] = {
	[SCHEDULER_RR] = "rr",
	[SCHEDULER_WRR] = "wrr",
};

const char *scheduler_text(enum scheduler scheduler)
{
	return schedulers[scheduler];
}

static const char *const modes[] = {
	[MODE_DOUBLE_NAT] = "double-nat",
};

const char *mode_text(enum mode mode)
{
	return modes[mode];
}

static const char *const on_down_texts[] = {
	[ON_DOWN_KEEP] = "keep",
	[ON_DOWN_RESET] = "reset",
};

static const char *const empty_texts[] = {
	[EMPTY_REJECT] = "reject",
	[EMPTY_DROP] = "drop",
	[EMPTY_BACKUP] = "backup",
};

/* The kernel's rules for an interface's name; only printable ASCII. */
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

/* Set the changeable members that are in @args. */
static int service_change(struct service *service, const json_t *args,
			  struct err *err)
{
	size_t scheduler = service->scheduler;
	size_t on_down = service->on_down;
	size_t empty = service->when_empty;
	int ret = args_word(args, "scheduler", schedulers,
			    ARRAY_SIZE(schedulers), "rr or wrr", &scheduler,
			    err);

	if (!ret && json_object_get(args, "dev"))
		ret = dev_parse(args_string(args, "dev"), service->dev, err);
	if (!ret)
		ret = args_switch(args, "fast", &service->fast, err);
	if (!ret)
		ret = check_set(&service->check, args, err);
	if (!ret)
		ret = args_word(args, "on-down", on_down_texts,
				ARRAY_SIZE(on_down_texts), "keep or reset",
				&on_down, err);
	if (!ret)
		ret = args_word(args, "when-empty", empty_texts,
				ARRAY_SIZE(empty_texts),
				"reject, drop or backup", &empty, err);
	service->scheduler = (enum scheduler)scheduler;
	service->on_down = (enum on_down)on_down;
	service->when_empty = (enum when_empty)empty;

	/* A backend without checks is not down. */
	for (size_t i = 0; service->check.type == CHECK_NONE &&
			   i < service->n_backends; i++)
		service->backends[i].down = false;
	return ret;
}

int service_from_args(const json_t *args, bool stored,
		      struct service **result, struct err *err)
{
	static const struct arg_spec spec[] = {
		{ "name", ARG_STRING, true },
		{ "vip", ARG_STRING, true },
		{ "port", ARG_INTEGER, true },
		{ "proto", ARG_STRING, false },
		{ "mode", ARG_STRING, false },
		SERVICE_ARGS,
		{ "backends", ARG_ARRAY, false },
	};
	const char *name = args_string(args, "name");
	const char *proto = args_string(args, "proto");
	size_t mode = MODE_DOUBLE_NAT;
	struct service *service;
	unsigned int port = 0;
	int ret;

	ret = args_check(args, spec, ARRAY_SIZE(spec) - !stored, err);
	if (ret)
		return ret;

	service = calloc(1, sizeof(*service));
	if (!service)
		return err_no_memory(err);
	service->proto = IPPROTO_TCP;
	service->fast = true;
	check_init(&service->check);

	ret = name_check(name, "name", err);
	if (!ret)
		ret = addr_parse(args_string(args, "vip"), "vip",
				 &service->vip, err);
	if (!ret)
		ret = args_uint(args, "port", 1, PORT_MAX, &port, err);
	if (!ret && proto)
		ret = proto_parse(proto, "proto", &service->proto, err);
	if (!ret)
		ret = args_word(args, "mode", modes, ARRAY_SIZE(modes),
				mode_text(MODE_DOUBLE_NAT), &mode, err);
	if (!ret)
		ret = service_change(service, args, err);
	if (ret) {
		service_free(service);
		return ret;
	}

	snprintf(service->name, sizeof(service->name), "%s", name);
	service->port = (uint16_t)port;
	service->mode = (enum mode)mode;
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

int service_check_slots(const struct service *service, const char *arg,
			struct err *err)
{
	size_t n = slots_count(service);

	if (n <= SLOTS_MAX)
		return 0;
	return err_set(err, -E2BIG, arg,
		       "the weights of service %s add up to %zu, more than %d; use smaller ones",
		       service->name, n, SLOTS_MAX);
}

int service_set(struct service *service, const json_t *args, struct err *err)
{
	static const struct arg_spec spec[] = {
		{ "name", ARG_STRING, true },
		SERVICE_ARGS,
	};
	static const char *const fixed[] = { "vip", "port", "proto", "mode" };
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
			       "nothing to set; give scheduler, dev, fast or check, for instance");

	ret = service_change(service, args, err);
	return ret ? ret : service_check_slots(service, "scheduler", err);
}

json_t *service_to_state(const struct service *service)
{
	json_t *json = service_to_json(service);
	json_t *backends = json_object_get(json, "backends");
	int failed = !json;
	size_t i;

	for (i = 0; i < service->n_backends; i++)
		if (service->backends[i].until)
			failed |= json_object_set_new(
				json_array_get(backends, i), "until",
				json_integer(service->backends[i].until));
	if (!failed)
		return json;
	json_decref(json);
	return NULL;
}

json_t *service_to_json(const struct service *service)
{
	const char *dev = service->dev[0] ? service->dev : NULL;
	json_t *backends = json_array();
	char vip[INET6_ADDRSTRLEN];
	json_t *json;
	size_t i;

	for (i = 0; i < service->n_backends; i++) {
		json_t *backend = backend_to_json(&service->backends[i], NULL);

		if (json_array_append_new(backends, backend)) {
			json_decref(backends);
			return NULL;
		}
	}
	addr_text(&service->vip, vip, sizeof(vip));
	json = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s?, s:s, s:s, s:s, s:o}",
			 "name",
			 service->name, "vip", vip, "port", service->port,
			 "proto", proto_text(service->proto), "mode",
			 mode_text(service->mode), "scheduler",
			 scheduler_text(service->scheduler), "dev", dev,
			 "fast", service->fast ? "on" : "off", "on-down",
			 on_down_texts[service->on_down], "when-empty",
			 empty_texts[service->when_empty], "backends",
			 backends);
	if (json && check_to_json(&service->check, json)) {
		json_decref(json);
		return NULL;
	}
	return json;
}
