// SPDX-License-Identifier: GPL-2.0-only
/*
 * Put the results of checks into the rules, many services in one transaction.
 * If that fails, each service is tried alone, so that one whose rules cannot be
 * changed does not block the others.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/events.h"
#include "base/log.h"
#include "base/loop.h"
#include "conn/conn.h"
#include "engine/change.h"
#include "engine/dnatd.h"
#include "engine/forget.h"
#include "engine/health.h"
#include "engine/health_group.h"
#include "model/model.h"
#include "model/service.h"

/* Pause before the services that failed alone are tried again. */
#define RETRY_MS 1000

void group_changed(struct group *group)
{
	group->changed = true;
	loop_timer(group->health->apply, 0);
}

/*
 * Copy a service and set which of its backends are down.
 * @old: the service; NULL if it was removed and its checks will be
 * @result: the copy, the caller's to free; NULL if nothing changes or the
 *	service has no checks
 *
 * Return: 0 or -ENOMEM
 */
static int group_apply(const struct group *group, const struct service *old,
		       struct service **result)
{
	struct service *new;
	bool changed = false;

	*result = NULL;
	if (!old || old->check.type == CHECK_NONE)
		return 0;
	new = service_copy(old);
	if (!new)
		return -ENOMEM;
	for (size_t i = 0; i < new->n_backends; i++) {
		struct backend *backend = &new->backends[i];
		struct checker **found = group_checker(group, backend, i);

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
 * UDP flows and unanswered TCP connections can continue at another backend, so
 * they are always deleted.  Answered TCP connections end if on-down is reset.
 */
static void backend_gone(struct dnatd *dnatd, const struct service *service,
			 const struct backend *backend)
{
	struct conn_filter filter = conn_filter_of(service, backend);

	filter.unanswered = service->proto == IPPROTO_TCP &&
			    service->on_down == ON_DOWN_KEEP;
	conns_forget(dnatd, &filter);
}

/* Report the state that is in the rules now; checks may have a newer one. */
static void checker_applied(struct dnatd *dnatd, struct checker *checker,
			    const struct service *service,
			    const struct backend *backend)
{
	const char *fault = backend->down ? checker->fault : NULL;
	char addr[INET6_ADDRSTRLEN];

	if (checker->applied == backend->down)
		return;
	checker->applied = backend->down;
	addr_text(&backend->addr, addr, sizeof(addr));
	if (backend->down)
		backend_gone(dnatd, service, backend);
	events_emit(dnatd->events, "backend",
		    json_pack("{s:s, s:s, s:i, s:s, s:s?}", "service",
			      service->name, "addr", addr, "port",
			      backend->port, "health",
			      backend->down ? "down" : "up", "fault", fault));
	if (backend->down)
		say_warning("service %s backend %s port %u is down: %s",
			    service->name, addr, backend->port, fault);
	else
		say("service %s backend %s port %u is up", service->name, addr,
		    backend->port);
}

/* The rules are changed: report which backends went down or up. */
static void group_applied(struct group *group)
{
	struct dnatd *dnatd = group->health->dnatd;
	const struct service *service = model_find(dnatd->model,
						   group->service);

	group->alone = false;
	group->pending[0] = '\0';
	for (size_t i = 0; service && i < service->n_backends; i++) {
		const struct backend *backend = &service->backends[i];
		struct checker **found = group_checker(group, backend, i);

		if (found)
			checker_applied(dnatd, *found, service, backend);
	}
}

/* Log each reason once, although the change is tried again and again. */
static void group_pending(struct group *group, const char *reason)
{
	if (!strncmp(group->pending, reason, sizeof(group->pending) - 1))
		return;
	snprintf(group->pending, sizeof(group->pending), "%.*s",
		 PENDING_LEN - 1, reason);
	say_error("service %s: cannot put backends that went down or up into the rules: %s; trying again",
		  group->service, reason);
	events_emit(group->health->dnatd->events, "health-pending",
		    json_pack("{s:s, s:s}", "service", group->service,
			      "reason", reason));
}

static bool may_begin(const struct group *group, bool alone)
{
	return alone ? group->alone : group->changed && !group->alone;
}

/* Select the groups of this transaction: one to try alone, or many others. */
static void collect(struct health *health)
{
	size_t max = health->alone ? 1 : GROUPS_AT_ONCE;
	size_t i = health->alone ? health->next : 0;

	health->n_applied = 0;
	for (; health->n_applied < max && i < health->n; i++) {
		struct group *group = health->groups[i];

		if (!may_begin(group, health->alone))
			continue;
		group->changed = false;
		health->applied[health->n_applied++] = group;
	}
	if (health->alone)
		health->next = i;
}

static void begin(struct transaction *transaction)
{
	struct health *health = transaction->dnatd->health;
	struct changes *changes = &transaction->changes;

	collect(health);
	for (size_t i = 0; !transaction->ret && i < health->n_applied; i++) {
		const struct service *old = model_find(health->dnatd->model,
						       health->applied[i]->service);
		struct service *new;

		if (group_apply(health->applied[i], old, &new))
			transaction->ret = err_no_memory(&transaction->err);
		else if (new)
			changes->list[changes->n++] = (struct change){ old, new };
	}
}

static void done(struct transaction *transaction)
{
	struct health *health = transaction->dnatd->health;
	bool failed = transaction->ret, any_alone = false;

	health->busy = false;
	for (size_t i = 0; i < transaction->changes.n; i++)
		change_drop(&health->changes[i]);
	for (size_t i = 0; i < health->n_applied; i++) {
		struct group *group = health->applied[i];

		if (!group)
			continue;
		if (!failed)
			group_applied(group);
		else if (health->alone)
			group_pending(group, transaction->err.msg);
		group->alone = failed;
	}
	for (size_t i = 0; i < health->n; i++) {
		any_alone |= health->groups[i]->alone;
		if (may_begin(health->groups[i], false))
			loop_timer(health->apply, 0);
	}
	if (health->alone ? health->n_applied > 0 : failed) {
		loop_timer(health->again, 0);
		return;
	}
	/* All groups were tried alone: pause before the next round. */
	if (health->alone)
		health->next = 0;
	if (any_alone && !evtimer_pending(health->again, NULL))
		loop_timer(health->again, RETRY_MS);
}

/* If a transaction is running, do nothing: its done() starts the next. */
static void start(struct health *health, bool alone)
{
	if (health->busy)
		return;
	health->busy = true;
	health->alone = alone;
	health->transaction = (struct transaction){
		.changes = { .list = health->changes, .passing = true },
		.begin = begin,
		.done = done,
	};
	change_begin(health->dnatd, &health->transaction);
}

static void apply(evutil_socket_t fd, short what, void *health)
{
	(void)fd;
	(void)what;
	start(health, false);
}

static void again(evutil_socket_t fd, short what, void *health)
{
	(void)fd;
	(void)what;
	start(health, true);
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
