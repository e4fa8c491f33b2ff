// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "change.h"
#include "conn.h"
#include "ending.h"
#include "events.h"
#include "health.h"
#include "log.h"
#include "probe.h"
#include "reply.h"
#include "service.h"

#define GROUPS_ROOM 16
#define RETRY_SECONDS 1

/* A backend that is checked. */
struct patient {
	struct group *group;
	struct addr addr;	/* of the backend */
	uint16_t port;
	struct addr check_addr;	/* as the backend has it */
	uint16_t check_port;
	struct target target;
	struct event *timer;
	struct probe *probe;	/* NULL between two checks */
	bool known;		/* there was a check */
	bool down;
	bool told;		/* that it is down */
	unsigned int against;	/* checks in a row that say otherwise */
	unsigned long checks[2];	/* that failed, that passed */
	time_t since;		/* by the clock that never goes back */
	char fault[FAULT_LEN];	/* of the last bad check */
};

/* The backends of one service. */
struct group {
	struct health *health;
	char service[SERVICE_NAME_LEN + 1];
	struct check check;
	struct reply_body *body;
	bool changed;		/* somebody has gone down or up */
	size_t n;
	struct patient **patients;	/* in the order of the backends */
};

struct health {
	struct dnatd *dnatd;
	struct event_base *base;
	struct probes probes;
	struct event *apply;	/* what has changed */
	size_t n;
	size_t room;
	struct group **groups;	/* sorted by the service's name */
};

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static struct timeval after(uint64_t us)
{
	return (struct timeval){ (time_t)(us / 1000000),
				 (suseconds_t)(us % 1000000) };
}

static void apply_soon(struct health *health)
{
	static const struct timeval at_once;

	evtimer_add(health->apply, &at_once);
}

/* The verdict of a check, @fault NULL for a good one. */
static void patient_judge(struct patient *patient, const char *fault)
{
	const struct check *check = &patient->group->check;
	bool first = !patient->known;

	if (fault)
		snprintf(patient->fault, sizeof(patient->fault), "%s", fault);
	patient->checks[!fault]++;
	patient->known = true;
	if (!fault == !patient->down) {
		patient->against = 0;
		return;
	}
	patient->against++;
	if (!first && patient->against < (fault ? check->fall : check->rise))
		return;
	patient->down = fault;
	patient->against = 0;
	patient->since = now();
	patient->group->changed = true;
	apply_soon(patient->group->health);
}

static void patient_checked(const char *fault, void *data)
{
	struct patient *patient = data;

	patient->probe = NULL;
	patient_judge(patient, fault);
}

/* One check does not begin before the last has ended. */
static void patient_check(evutil_socket_t fd, short what, void *data)
{
	struct patient *patient = data;
	struct timeval interval = after((uint64_t)patient->group->check.interval *
					1000);
	char fault[FAULT_LEN];

	(void)fd;
	(void)what;
	evtimer_add(patient->timer, &interval);
	if (patient->probe)
		return;
	patient->probe = probe_start(&patient->group->health->probes,
				     &patient->target, patient_checked, patient,
				     fault);
	if (!patient->probe)
		patient_judge(patient, fault);
}

static void patient_free(struct patient *patient)
{
	if (!patient)
		return;
	if (patient->probe)
		probe_cancel(patient->probe);
	if (patient->timer)
		event_free(patient->timer);
	free(patient);
}

/* The first checks of all backends are spread over an interval. */
static int patient_start(struct patient *patient)
{
	uint32_t interval = patient->group->check.interval * 1000;
	struct timeval begin;
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint32_t)(uintptr_t)patient;
	begin = after((uint64_t)random * interval >> 32);
	return evtimer_add(patient->timer, &begin);
}

static struct patient *patient_new(struct group *group,
				   const struct backend *backend)
{
	struct patient *patient = calloc(1, sizeof(*patient));

	if (!patient)
		return NULL;
	patient->group = group;
	patient->addr = backend->addr;
	patient->port = backend->port;
	patient->down = backend->down;
	patient->told = backend->down;
	patient->since = now();
	patient->timer = evtimer_new(group->health->base, patient_check,
				     patient);
	if (!patient->timer || patient_start(patient)) {
		patient_free(patient);
		return NULL;
	}
	return patient;
}

static bool patient_is(const struct patient *patient,
		       const struct backend *backend)
{
	return patient->port == backend->port &&
	       addr_equal(&patient->addr, &backend->addr);
}

/* The patient that @backend is, which mostly stands where it does. */
static struct patient **patient_find(const struct group *group,
				     const struct backend *backend, size_t i)
{
	if (i < group->n && group->patients[i] &&
	    patient_is(group->patients[i], backend))
		return &group->patients[i];
	for (i = 0; i < group->n; i++)
		if (group->patients[i] &&
		    patient_is(group->patients[i], backend))
			return &group->patients[i];
	return NULL;
}

/* A check that is under way may be of what was to be checked before. */
static void patient_aim(struct patient *patient, const struct backend *backend)
{
	const struct group *group = patient->group;

	if (patient->probe)
		probe_cancel(patient->probe);
	patient->probe = NULL;
	patient->check_addr = backend->check_addr;
	patient->check_port = backend->check_port;
	patient->target = (struct target){
		.service = group->service,
		.check = &group->check,
		.body = group->body,
		.addr = backend->check_addr.family ? backend->check_addr :
						     backend->addr,
		.port = backend->check_port ? backend->check_port :
					      backend->port,
	};
}

static void group_free(struct group *group)
{
	for (size_t i = 0; i < group->n; i++)
		patient_free(group->patients[i]);
	free(group->patients);
	reply_body_free(group->body);
	free(group);
}

/* Where @name's group stands, or would have to. */
static size_t group_index(const struct health *health, const char *name)
{
	size_t low = 0, high = health->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(health->groups[middle]->service, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct group *group_find(const struct health *health, const char *name)
{
	size_t i = group_index(health, name);

	if (i < health->n && !strcmp(health->groups[i]->service, name))
		return health->groups[i];
	return NULL;
}

static void group_drop(struct health *health, const char *name)
{
	size_t i = group_index(health, name);

	if (i == health->n || strcmp(health->groups[i]->service, name))
		return;
	group_free(health->groups[i]);
	health->n--;
	memmove(&health->groups[i], &health->groups[i + 1],
		(health->n - i) * sizeof(*health->groups));
}

static struct group *group_get(struct health *health, const char *name)
{
	struct group *group = group_find(health, name);
	size_t i = group_index(health, name);

	if (group)
		return group;
	if (health->n == health->room) {
		size_t room = health->room ? 2 * health->room : GROUPS_ROOM;
		struct group **grown = reallocarray(health->groups, room,
						    sizeof(*grown));

		if (!grown)
			return NULL;
		health->groups = grown;
		health->room = room;
	}
	group = calloc(1, sizeof(*group));
	if (!group)
		return NULL;
	group->health = health;
	snprintf(group->service, sizeof(group->service), "%s", name);
	memmove(&health->groups[i + 1], &health->groups[i],
		(health->n - i) * sizeof(*health->groups));
	health->groups[i] = group;
	health->n++;
	return group;
}

/* The patients that @service has, those that stay with all that is known. */
static int group_fill(struct group *group, const struct service *service)
{
	struct patient **patients = calloc(service->n_backends + 1,
					   sizeof(*patients));
	int ret = 0;

	if (!patients)
		return -1;
	for (size_t i = 0; !ret && i < service->n_backends; i++) {
		const struct backend *backend = &service->backends[i];
		struct patient **old = patient_find(group, backend, i);

		if (old) {
			patients[i] = *old;
			*old = NULL;
		} else {
			patients[i] = patient_new(group, backend);
		}
		if (patients[i])
			patient_aim(patients[i], backend);
		else
			ret = -1;
	}
	for (size_t i = 0; i < group->n; i++)
		patient_free(group->patients[i]);
	free(group->patients);
	group->patients = patients;
	group->n = service->n_backends;
	return ret;
}

/* Does anything change that checks go by? */
static bool group_fits(const struct group *group, const struct service *service)
{
	if (memcmp(&group->check, &service->check, sizeof(group->check)) ||
	    group->n != service->n_backends)
		return false;
	for (size_t i = 0; i < group->n; i++) {
		const struct backend *backend = &service->backends[i];
		const struct patient *patient = group->patients[i];

		if (!patient_is(patient, backend) ||
		    !addr_equal(&patient->check_addr, &backend->check_addr) ||
		    patient->check_port != backend->check_port)
			return false;
	}
	return true;
}

/* A service that was made anew does not know whom of its backends is down. */
static void group_compare(struct group *group, const struct service *service)
{
	for (size_t i = 0; i < group->n; i++) {
		if (group->patients[i]->down == service->backends[i].down)
			continue;
		group->changed = true;
		apply_soon(group->health);
	}
}

static int group_set(struct health *health, const struct service *service)
{
	struct group *group = group_get(health, service->name);
	struct reply_body *body = NULL;
	int ret;

	if (!group)
		return -1;
	if (group_fits(group, service)) {
		group_compare(group, service);
		return 0;
	}
	if (service->check.body[0]) {
		body = reply_body_new(service->check.body);
		if (!body)
			return -1;
	}
	reply_body_free(group->body);
	group->body = body;
	group->check = service->check;
	ret = group_fill(group, service);
	if (!ret)
		group_compare(group, service);
	return ret;
}

void health_follow(struct health *health, const struct change *change)
{
	const struct service *new = change->new;
	const struct service *any = new ? new : change->old;

	if (!health)
		return;
	if (!new || new->check.type == CHECK_NONE) {
		group_drop(health, any->name);
	} else if (group_set(health, new)) {
		say("service %s is not checked: out of memory", new->name);
		group_drop(health, new->name);
	}
}

/*
 * A copy of the service with what is known of its backends, NULL where nothing
 * is new.  Return: 0 or -ENOMEM
 */
static int group_apply(const struct group *group, const struct service *old,
		       struct service **result)
{
	struct service *new = service_copy(old);
	bool changed = false;

	*result = NULL;
	if (!new)
		return -ENOMEM;
	for (size_t i = 0; i < new->n_backends; i++) {
		struct backend *backend = &new->backends[i];
		struct patient **found = patient_find(group, backend, i);

		if (!found || (*found)->down == backend->down)
			continue;
		backend->down = (*found)->down;
		changed = true;
	}
	if (changed)
		*result = new;
	else
		service_free(new);
	return 0;
}

/* Where the service says so, nobody waits for who does not answer. */
static void group_gone(const struct group *group,
		       const struct patient *patient)
{
	struct dnatd *dnatd = group->health->dnatd;
	const struct service *service = model_find(dnatd->model,
						   group->service);
	struct conn_filter filter;
	struct err err;
	size_t i;

	if (!service || service->on_down != ON_DOWN_RESET)
		return;
	i = service_find_backend(service, &patient->addr, patient->port);
	if (i == service->n_backends)
		return;
	filter = conn_filter_of(service, &service->backends[i]);
	if (conns_end(dnatd, &filter, NULL, NULL, &err))
		say("%s", err.msg);
}

/* What the admin should know of, now that it is so. */
static void group_applied(struct group *group)
{
	char addr[INET6_ADDRSTRLEN];

	group->changed = false;
	for (size_t i = 0; i < group->n; i++) {
		struct patient *patient = group->patients[i];

		if (patient->told == patient->down)
			continue;
		patient->told = patient->down;
		addr_text(&patient->addr, addr, sizeof(addr));
		if (patient->down)
			group_gone(group, patient);
		events_emit(group->health->dnatd->events, "backend",
			    json_pack("{s:s, s:s, s:i, s:s, s:s?}", "service",
				      group->service, "addr", addr, "port",
				      patient->port, "health",
				      patient->down ? "down" : "up", "fault",
				      patient->down ? patient->fault : NULL));
		say("service %s backend %s port %u is %s%s%s", group->service,
		    addr, patient->port, patient->down ? "down" : "up",
		    patient->down ? ": " : "",
		    patient->down ? patient->fault : "");
	}
}

/* All that has changed since the last turn, in one batch. */
static void apply(evutil_socket_t fd, short what, void *data)
{
	static const struct timeval later = { RETRY_SECONDS, 0 };
	struct health *health = data;
	struct changes changes = { .passing = true };
	struct err err = { .msg = "out of memory" };
	int ret;

	(void)fd;
	(void)what;
	changes.list = calloc(health->n + 1, sizeof(*changes.list));
	ret = changes.list ? 0 : -ENOMEM;
	for (size_t i = 0; !ret && i < health->n; i++) {
		struct group *group = health->groups[i];
		const struct service *old;
		struct service *new;

		if (!group->changed)
			continue;
		old = model_find(health->dnatd->model, group->service);
		ret = group_apply(group, old, &new);
		if (new)
			changes.list[changes.n++] = (struct change){ old, new };
	}
	if (!ret && changes.n)
		ret = changes_apply(health->dnatd, &changes, &err);
	for (size_t i = 0; ret && i < changes.n; i++)
		change_drop(&changes.list[i]);
	free(changes.list);
	if (ret) {
		say("backends that went down or up stay as they are for now: %s",
		    err.msg);
		evtimer_add(health->apply, &later);
		return;
	}
	for (size_t i = 0; i < health->n; i++)
		if (health->groups[i]->changed)
			group_applied(health->groups[i]);
}

static const struct patient *patient_of(const struct health *health,
					const struct service *service,
					const struct backend *backend)
{
	const struct group *group = health ? group_find(health, service->name) :
					     NULL;
	struct patient **found;

	found = group ? patient_find(group, backend,
				     (size_t)(backend - service->backends)) :
			NULL;
	return found ? *found : NULL;
}

bool health_count(const struct health *health, const struct service *service,
		  const struct backend *backend, struct health_counts *counts)
{
	const struct patient *patient = patient_of(health, service, backend);

	if (!patient)
		return false;
	*counts = (struct health_counts){ patient->down, patient->checks[1],
					  patient->checks[0] };
	return true;
}

int health_to_json(const struct health *health, const struct service *service,
		   const struct backend *backend, json_t *json)
{
	const struct patient *patient = patient_of(health, service, backend);
	const char *state;

	if (!patient)
		return json_object_set_new(json, "health", json_null());
	state = patient->down ? "down" : patient->known ? "up" : "checking";
	if (json_object_set_new(json, "health", json_string(state)) ||
	    json_object_set_new(json, "health_for",
				json_integer(now() - patient->since)))
		return -1;
	/* what was wrong once is of no use to who looks now */
	return patient->down || patient->against ?
		       json_object_set_new(json, "health_fault",
					   json_string(patient->fault)) :
		       0;
}

struct health *health_new(struct dnatd *dnatd, struct event_base *base,
			  struct err *err)
{
	struct health *health = calloc(1, sizeof(*health));

	if (health) {
		health->dnatd = dnatd;
		health->base = base;
		health->apply = evtimer_new(base, apply, health);
	}
	if (!health || !health->apply || probes_init(&health->probes, base)) {
		err_set(err, -ENOMEM, NULL, "no health checks: out of memory");
		health_free(health);
		return NULL;
	}
	for (size_t i = 0; i < dnatd->model->n_services; i++) {
		const struct change change = { NULL,
					       dnatd->model->services[i] };

		health_follow(health, &change);
	}
	return health;
}

void health_free(struct health *health)
{
	if (!health)
		return;
	for (size_t i = 0; i < health->n; i++)
		group_free(health->groups[i]);
	free(health->groups);
	if (health->apply)
		event_free(health->apply);
	probes_clean(&health->probes);
	free(health);
}
