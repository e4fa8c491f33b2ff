// SPDX-License-Identifier: GPL-2.0-only
/*
 * What checks have found gets into the rules: many services in one batch, and no
 * more than a turn of the event loop has time for.  Where that fails each service is tried alone, so that
 * one whose rules cannot be changed does not hold up the others.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "conn.h"
#include "events.h"
#include "forget.h"
#include "health_group.h"
#include "log.h"
#include "service.h"

/* Until those that failed alone are tried again. */
#define RETRY_SECONDS 1

/* Services in one batch: some milliseconds. */
#define AT_ONCE 32

static void soon(struct event *event)
{
	static const struct timeval at_once;

	evtimer_add(event, &at_once);
}

void group_changed(struct group *group)
{
	group->changed = true;
	soon(group->health->apply);
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
		struct patient **found = group_patient(group, backend, i);

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

/*
 * A datagram, and a client who is not answered yet, may go to another backend.
 * The connections end where the service says so.
 */
static void patient_gone(const struct group *group,
			 const struct patient *patient)
{
	struct dnatd *dnatd = group->health->dnatd;
	const struct service *service = model_find(dnatd->model,
						   group->service);
	struct conn_filter filter;
	size_t i;

	if (!service)
		return;
	i = service_find_backend(service, &patient->addr, patient->port);
	if (i == service->n_backends)
		return;
	filter = conn_filter_of(service, &service->backends[i]);
	filter.unanswered = service->proto == IPPROTO_TCP &&
			    service->on_down == ON_DOWN_KEEP;
	conns_forget(dnatd, &filter);
}

/* What the admin should know of, now that it is so. */
static void group_applied(struct group *group)
{
	char addr[INET6_ADDRSTRLEN];

	group->changed = false;
	group->alone = false;
	group->pending[0] = '\0';
	for (size_t i = 0; i < group->n; i++) {
		struct patient *patient = group->patients[i];

		if (patient->told == patient->down)
			continue;
		patient->told = patient->down;
		addr_text(&patient->addr, addr, sizeof(addr));
		if (patient->down)
			patient_gone(group, patient);
		events_emit(group->health->dnatd->events, "backend",
			    json_pack("{s:s, s:s, s:i, s:s, s:s?}", "service",
				      group->service, "addr", addr, "port",
				      patient->port, "health",
				      patient->down ? "down" : "up", "fault",
				      patient->down ? patient->fault : NULL));
		if (patient->down)
			say_warning("service %s backend %s port %u is down: %s",
				    group->service, addr, patient->port,
				    patient->fault);
		else
			say("service %s backend %s port %u is up",
			    group->service, addr, patient->port);
	}
}

/* Once for each reason, though it is tried again and again. */
static void group_pending(struct group *group, const char *reason)
{
	if (!strncmp(group->pending, reason, sizeof(group->pending) - 1))
		return;
	snprintf(group->pending, sizeof(group->pending), "%.*s",
		 PENDING_LEN - 1, reason);
	say_error("service %s: backends that went down or up stay as they are in the rules: %s; trying again",
		  group->service, reason);
	events_emit(group->health->dnatd->events, "health-pending",
		    json_pack("{s:s, s:s}", "service", group->service,
			      "reason", reason));
}

/* Put what the @n @groups know into the rules, all of it or nothing. */
static int apply_groups(struct health *health, struct group *const *groups,
			size_t n, struct err *err)
{
	struct changes changes = { .passing = true };
	int ret = 0;

	*err = (struct err){ .msg = "dnatd is out of memory" };
	changes.list = calloc(n + 1, sizeof(*changes.list));
	if (!changes.list)
		return -ENOMEM;
	for (size_t i = 0; !ret && i < n; i++) {
		const struct service *old = model_find(health->dnatd->model,
						       groups[i]->service);
		struct service *new;

		ret = group_apply(groups[i], old, &new);
		if (new)
			changes.list[changes.n++] = (struct change){ old, new };
	}
	if (!ret && changes.n)
		ret = changes_apply(health->dnatd, &changes, err);
	for (size_t i = 0; ret && i < changes.n; i++)
		change_drop(&changes.list[i]);
	free(changes.list);
	for (size_t i = 0; !ret && i < n; i++)
		group_applied(groups[i]);
	return ret;
}

static void apply(evutil_socket_t fd, short what, void *data)
{
	struct health *health = data;
	struct group *groups[AT_ONCE];
	struct err err;
	size_t n = 0;

	(void)fd;
	(void)what;
	for (size_t i = 0; n < AT_ONCE && i < health->n; i++)
		if (health->groups[i]->changed && !health->groups[i]->alone)
			groups[n++] = health->groups[i];
	if (apply_groups(health, groups, n, &err)) {
		for (size_t i = 0; i < n; i++)
			groups[i]->alone = true;
		soon(health->again);
	}
	if (n == AT_ONCE)
		soon(health->apply);
}

/* One in each turn of the event loop, and a pause when all have had theirs. */
static void again(evutil_socket_t fd, short what, void *data)
{
	static const struct timeval later = { RETRY_SECONDS, 0 };
	struct health *health = data;
	struct err err;

	(void)fd;
	(void)what;
	while (health->next < health->n &&
	       !health->groups[health->next]->alone)
		health->next++;
	if (health->next < health->n) {
		struct group *group = health->groups[health->next++];

		if (apply_groups(health, &group, 1, &err))
			group_pending(group, err.msg);
		soon(health->again);
		return;
	}
	health->next = 0;
	for (size_t i = 0; i < health->n; i++)
		if (health->groups[i]->alone)
			evtimer_add(health->again, &later);
}

const char *health_pending(const struct health *health, const char **service)
{
	for (size_t i = 0; health && i < health->n; i++) {
		*service = health->groups[i]->service;
		if (health->groups[i]->pending[0])
			return health->groups[i]->pending;
	}
	return NULL;
}

int health_apply_init(struct health *health, struct event_base *base)
{
	health->apply = evtimer_new(base, apply, health);
	health->again = evtimer_new(base, again, health);
	return health->apply && health->again ? 0 : -ENOMEM;
}

void health_apply_clean(struct health *health)
{
	if (health->apply)
		event_free(health->apply);
	if (health->again)
		event_free(health->again);
}
