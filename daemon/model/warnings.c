// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "base/args.h"
#include "model/model.h"
#include "model/warnings.h"

#define PATH_LEN 64
#define MSG_LEN 480

enum kind {
	NOTE_WEIGHT,
	NOTE_BACKUP,
	NOTE_CHECK,
	N_NOTES,
};

/* The arguments of a request that each warning is about. */
static const struct {
	const char *service;
	const char *backend;
} keys[N_NOTES] = {
	[NOTE_WEIGHT] = { "scheduler", "weight" },
	[NOTE_BACKUP] = { "when-empty", "backup" },
	[NOTE_CHECK] = { "check", "addr" },
};

static bool checks_over_tcp(const struct service *service)
{
	switch (service->check.type) {
	case CHECK_TCP:
	case CHECK_HTTP:
	case CHECK_HTTPS:
		return true;
	case CHECK_NONE:
	case CHECK_DNS:
	case CHECK_EXEC:
		break;
	}
	return false;
}

static bool in_vain(const struct service *service,
		    const struct backend *backend, enum kind kind)
{
	switch (kind) {
	case NOTE_WEIGHT:
		return service->scheduler == SCHEDULER_RR && backend->weight > 1;
	case NOTE_BACKUP:
		return backend->backup && service->when_empty != EMPTY_BACKUP;
	case NOTE_CHECK:
		return service->proto == IPPROTO_UDP &&
		       checks_over_tcp(service) && !backend->check_port;
	case N_NOTES:
		break;
	}
	return false;
}

/* @backend: the first of the @n backends that have the warning */
static void note_text(const struct service *service,
		      const struct backend *backend, size_t n, enum kind kind,
		      char *buf, size_t len)
{
	char addr[INET6_ADDRSTRLEN], which[128];
	size_t used;

	used = (size_t)snprintf(which, sizeof(which), "backend addr %s port %u",
				addr_text(&backend->addr, addr, sizeof(addr)),
				backend->port);
	if (n > 1)
		snprintf(which + used, sizeof(which) - used, " and %zu more",
			 n - 1);
	switch (kind) {
	case NOTE_WEIGHT:
		snprintf(buf, len,
			 "weight %u of %s counts for nothing with scheduler rr; use \"service set %s scheduler wrr\"",
			 backend->weight, which, service->name);
		break;
	case NOTE_BACKUP:
		snprintf(buf, len,
			 "backup on has %s never serve, for when-empty of the service is not backup; use \"service set %s when-empty backup\"",
			 which, service->name);
		break;
	case NOTE_CHECK:
		snprintf(buf, len,
			 "the check of UDP service %s asks %s over TCP; give check-port where something listens there, or use check dns or exec",
			 service->name, which);
		break;
	case N_NOTES:
		break;
	}
}

static void add_string(json_t *notes, const struct service *service,
		       const struct backend *backend, size_t n, enum kind kind)
{
	char msg[MSG_LEN];

	note_text(service, backend, n, kind, msg, sizeof(msg));
	json_array_append_new(notes, json_string(msg));
}

static void service_notes(json_t *notes, const struct service *service,
			  enum kind kind)
{
	const struct backend *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < service->n_backends; i++) {
		if (!in_vain(service, &service->backends[i], kind))
			continue;
		first = first ? first : &service->backends[i];
		n++;
	}
	if (first)
		add_string(notes, service, first, n, kind);
}

/* The backend that the request was about. */
static const struct backend *find_backend(const struct service *service,
					  const char *op, const json_t *args)
{
	json_int_t port = json_integer_value(json_object_get(args, "port"));
	struct addr addr;

	if (addr_parse(args_string(args, "addr"), "addr", &addr, NULL))
		return NULL;
	if (!port && !strcmp(op, "backend.add"))
		port = service->port;
	for (size_t i = 0; i < service->n_backends; i++)
		if (addr_equal(&service->backends[i].addr, &addr) &&
		    (!port || service->backends[i].port == port))
			return &service->backends[i];
	return NULL;
}

static json_t *some(json_t *notes)
{
	if (json_array_size(notes))
		return notes;
	json_decref(notes);
	return NULL;
}

json_t *warnings_of_change(const struct model *model, const char *op,
			   const json_t *args)
{
	bool of_service = !strcmp(op, "service.add") ||
			  !strcmp(op, "service.set");
	const char *name = args_string(args, of_service ? "name" : "service");
	const struct service *service = name ? model_find(model, name) : NULL;
	const struct backend *backend = NULL;
	json_t *notes;

	if (!service || (!of_service && strcmp(op, "backend.add") &&
			 strcmp(op, "backend.set")))
		return NULL;
	if (!of_service)
		backend = find_backend(service, op, args);
	notes = json_array();
	for (enum kind kind = 0; kind < N_NOTES; kind++) {
		/* backend.add has warned about the check already */
		if (kind == NOTE_CHECK && !strcmp(op, "backend.set"))
			continue;
		if (of_service && json_object_get(args, keys[kind].service))
			service_notes(notes, service, kind);
		else if (backend && json_object_get(args, keys[kind].backend) &&
			 in_vain(service, backend, kind))
			add_string(notes, service, backend, 1, kind);
	}
	return some(notes);
}

static void add_place(json_t *notes, const struct service *service, size_t i,
		      size_t j, enum kind kind)
{
	const struct backend *backend = &service->backends[j];
	char path[PATH_LEN], msg[MSG_LEN];

	if (json_array_size(notes) == NOTES_MAX ||
	    !in_vain(service, backend, kind))
		return;
	snprintf(path, sizeof(path), "services[%zu].backends[%zu].%s", i, j,
		 keys[kind].backend);
	note_text(service, backend, 1, kind, msg, sizeof(msg));
	json_array_append_new(notes, json_pack("{s:s, s:s}", "arg", path, "msg",
					       msg));
}

json_t *warnings_of_config(const struct model *model, const json_t *config)
{
	json_t *notes = json_array();
	const json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(config, "services"), i, entry) {
		const struct service *service =
			model_find(model, args_string(entry, "name"));

		for (size_t j = 0; service && j < service->n_backends; j++)
			for (enum kind kind = 0; kind < N_NOTES; kind++)
				add_place(notes, service, i, j, kind);
	}
	return some(notes);
}
