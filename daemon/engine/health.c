// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/loop.h"
#include "check/response.h"
#include "common/array.h"
#include "engine/dnatd.h"
#include "engine/health.h"
#include "engine/health_group.h"
#include "model/model.h"

#define FOLLOW_AT_ONCE 64	/* services in one turn, 1-2 milliseconds */

static bool checker_is(const struct checker *checker,
		       const struct backend *backend)
{
	return checker->port == backend->port &&
	       addr_equal(&checker->addr, &backend->addr);
}

struct checker **group_checker(const struct group *group,
			       const struct backend *backend, size_t i)
{
	if (i < group->n && group->checkers[i] &&
	    checker_is(group->checkers[i], backend))
		return &group->checkers[i];
	for (i = 0; i < group->n; i++)
		if (group->checkers[i] &&
		    checker_is(group->checkers[i], backend))
			return &group->checkers[i];
	return NULL;
}

static struct target target_of(const struct group *group,
			       const struct service *service,
			       const struct backend *backend)
{
	static const struct addr own;

	return (struct target){
		.service = group->service,
		.check = &group->check,
		.body = group->body,
		.addr = backend->check_addr.family ? backend->check_addr :
						     backend->addr,
		.port = backend->check_port ? backend->check_port :
					      backend->port,
		.source = service->check.from_vip ? service->vip : own,
	};
}

static void group_free(struct group *group)
{
	for (size_t i = 0; i < group->n; i++)
		checker_free(group->checkers[i]);
	free(group->checkers);
	response_body_free(group->body);
	free(group);
}

static int compare_name(const void *name, const void *group)
{
	return strcmp(name, (*(const struct group *const *)group)->service);
}

/* The index of @name's group, or where it must be inserted. */
static size_t group_index(const struct health *health, const char *name)
{
	return array_first(health->groups, health->n, sizeof(*health->groups),
			   name, compare_name);
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
	/* A transaction that is running may use the group. */
	for (size_t j = 0; j < health->n_applied; j++)
		if (health->applied[j] == health->groups[i])
			health->applied[j] = NULL;
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
	if (array_room(&health->groups, health->n, &health->room,
		       sizeof(*health->groups)))
		return NULL;
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

/*
 * Make the checkers of @service.  Backends that stay keep their checker and its
 * results.  @anew: the check has changed.
 */
static int group_fill(struct group *group, const struct service *service,
		      bool anew)
{
	struct checker **checkers =
		calloc(service->n_backends + 1, sizeof(*checkers));
	int ret = 0;

	if (!checkers)
		return -1;
	for (size_t i = 0; !ret && i < service->n_backends; i++) {
		const struct backend *backend = &service->backends[i];
		struct checker **old = group_checker(group, backend, i);
		const struct target target = target_of(group, service,
							   backend);

		if (old) {
			checkers[i] = *old;
			*old = NULL;
		} else {
			checkers[i] = checker_new(&group->health->ctx, group,
						  group_changed, backend);
		}
		ret = checkers[i] ? checker_aim(checkers[i], &target, anew) :
				    -1;
	}
	for (size_t i = 0; i < group->n; i++)
		checker_free(group->checkers[i]);
	free(group->checkers);
	group->checkers = checkers;
	group->n = service->n_backends;
	return ret;
}

/* A replaced service may have lost which of its backends are down. */
static void group_compare(struct group *group, const struct service *service)
{
	for (size_t i = 0; i < group->n; i++)
		if (group->checkers[i]->down != service->backends[i].down)
			group_changed(group);
}

static int group_set(struct health *health, const struct service *service)
{
	struct group *group = group_get(health, service->name);
	struct response_body *body = NULL;
	bool anew;
	int ret;

	if (!group)
		return -1;
	anew = memcmp(&group->check, &service->check, sizeof(group->check));
	if (anew && service->check.body[0]) {
		body = response_body_new(service->check.body);
		if (!body)
			return -1;
	}
	if (anew) {
		response_body_free(group->body);
		group->body = body;
		group->check = service->check;
	}
	ret = group_fill(group, service, anew);
	if (!ret)
		group_compare(group, service);
	return ret;
}

void health_follow(struct health *health, const struct change *change)
{
	const struct service *new = change->new;
	const struct service *any = new ? new : change->old;

	if (!new || new->check.type == CHECK_NONE) {
		group_drop(health, any->name);
	} else if (group_set(health, new)) {
		say_error("service %s is not checked: out of memory", new->name);
		group_drop(health, new->name);
	}
}

static void follow_named(struct health *health, const char *name)
{
	const struct service *service = model_find(health->dnatd->model, name);

	if (service)
		health_follow(health, &(struct change){
			.new = (struct service *)service });
	else
		group_drop(health, name);
}

static void follow(evutil_socket_t fd, short what, void *data)
{
	struct health *health = data;

	(void)fd;
	(void)what;
	loop_does("taking over checks");
	for (int i = 0; i < FOLLOW_AT_ONCE && health->n_late; i++)
		follow_named(health, health->late[--health->n_late]);
	if (health->n_late)
		loop_timer(health->follow, 0);
}

void health_follow_later(struct health *health, const char *name)
{
	if (array_room(&health->late, health->n_late, &health->late_room,
		       sizeof(*health->late))) {
		follow_named(health, name);
		return;
	}
	snprintf(health->late[health->n_late++], sizeof(*health->late), "%s",
		 name);
	loop_timer(health->follow, 0);
}

static const struct checker *checker_of(const struct health *health,
					const struct service *service,
					const struct backend *backend)
{
	const struct group *group = health ? group_find(health, service->name) :
					     NULL;
	struct checker **found;

	found = group ? group_checker(group, backend,
				      (size_t)(backend - service->backends)) :
			NULL;
	return found ? *found : NULL;
}

bool health_count(const struct health *health, const struct service *service,
		  const struct backend *backend, struct health_counts *counts)
{
	const struct checker *checker = checker_of(health, service, backend);

	if (!checker)
		return false;
	*counts = (struct health_counts){ checker->down, checker->checks[1],
					  checker->checks[0] };
	return true;
}

struct health_load health_load(const struct health *health)
{
	struct health_load load = { 0 };

	if (!health)
		return load;
	load.max = health->ctx.turns.max;
	load.running = health->ctx.turns.n;
	load.waiting = health->ctx.turns.n_waiting;
	load.unmade = health->ctx.unmade;
	for (size_t i = 0; i < health->n; i++)
		load.pending += health->groups[i]->pending[0] != '\0';
	return load;
}

/* Show the fault only if it matters now: an old one would mislead. */
static int fault_to_json(const struct checker *checker, json_t *json)
{
	bool is_bad = checker->down || checker->against || checker->unmade;
	const char *pending = checker->group->pending;
	char text[FAULT_LEN + PENDING_LEN + 64];

	if (checker->down == checker->applied || !pending[0])
		return is_bad ? json_object_set_new(
					json, "health_fault",
					json_string(checker->fault)) :
				0;
	snprintf(text, sizeof(text), "%s%s%s the rules: %s",
		 is_bad ? checker->fault : "", is_bad ? "; " : "",
		 checker->down ? "still in" : "not yet in", pending);
	return json_object_set_new(json, "health_fault", json_string(text)) ||
	       json_object_set_new(json, "health_pending",
				   json_string(pending)) ? -1 : 0;
}

int health_to_json(const struct health *health, const struct service *service,
		   const struct backend *backend, json_t *json)
{
	const struct checker *checker = checker_of(health, service, backend);
	const char *state;

	if (!checker)
		return json_object_set_new(json, "health", json_null());
	state = checker->down ? "down" : checker->known ? "up" : "checking";
	if (json_object_set_new(json, "health", json_string(state)) ||
	    json_object_set_new(json, "health_for",
				json_integer(checker_now() - checker->since)))
		return -1;
	return fault_to_json(checker, json);
}

static void follow_change(void *data, const struct change *change)
{
	health_follow(data, change);
}

static void follow_change_later(void *data, const char *name)
{
	health_follow_later(data, name);
}

struct health *health_new(struct dnatd *dnatd, struct event_base *base,
			  struct err *err)
{
	struct health *health = calloc(1, sizeof(*health));

	if (health) {
		health->dnatd = dnatd;
		health->follower.data = health;
		health->follower.change = follow_change;
		health->follower.change_later = follow_change_later;
		LIST_INSERT_HEAD(&dnatd->followers, &health->follower, entry);
		health->follow = evtimer_new(base, follow, health);
	}
	if (!health || !health->follow ||
	    check_ctx_init(&health->ctx, base, &dnatd->check_user) ||
	    health_apply_init(health, base)) {
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
	LIST_REMOVE(&health->follower, entry);
	for (size_t i = 0; i < health->n; i++)
		group_free(health->groups[i]);
	free(health->groups);
	free(health->late);
	if (health->follow)
		event_free(health->follow);
	health_apply_clean(health);
	check_ctx_clean(&health->ctx);
	free(health);
}
