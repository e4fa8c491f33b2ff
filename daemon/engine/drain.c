// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/args.h"
#include "base/clock.h"
#include "base/events.h"
#include "base/log.h"
#include "base/loop.h"
#include "engine/change.h"
#include "engine/count.h"
#include "engine/dnatd.h"
#include "engine/drain.h"
#include "engine/conns_end.h"
#include "model/model.h"

/* Between two counts of connections, and before a retry after an error. */
#define PAUSE_MS 1000

/*
 * A backend with a deadline.  The model has the deadline as wall-clock time,
 * which the admin may change.  So it is converted to CLOCK_MONOTONIC once, when
 * it is first seen.
 */
struct due {
	LIST_ENTRY(due) entry;
	struct drain *drain;
	char service[SERVICE_NAME_LEN + 1];
	struct conn_end backend;
	int64_t until;		/* backend.until, identifies the drain */
	int64_t at;		/* deadline in ms of CLOCK_MONOTONIC */
	bool ending;		/* its connections are being ended */
	bool ended;		/* all of them are ended */
	bool seen;		/* the current look has found the drain */
};

struct drain {
	struct dnatd *dnatd;
	struct follower follower;
	struct event *timer;
	LIST_HEAD(dues, due) dues;
	int64_t next;		/* milliseconds to the next look, or -1 */
	struct count_wait count;
	bool counted;		/* this look may use the last count */
	unsigned long changes;	/* dnatd->changes at the last count */
	bool uncounted;		/* a backend needs a count */
	bool failed;		/* an error was logged; do not repeat it */
	bool removes;		/* a backend is being removed */
};

struct removal {
	struct transaction transaction;
	struct drain *drain;
	unsigned long changes;	/* dnatd->changes when it was decided */
	json_t *args;		/* of backend.del */
	struct change change;
};

static void complain(struct drain *drain, const char *service,
		     const struct err *err)
{
	if (!drain->failed)
		say_warning("service %s drains a backend: %s; trying again",
			    service, err->msg);
	drain->failed = true;
}

static void look_in(struct drain *drain, int64_t ms)
{
	if (drain->next < 0 || ms < drain->next)
		drain->next = ms;
}

/* The model may have changed: look at it in the next turn of the loop. */
static void look_soon(void *data)
{
	struct drain *drain = data;

	loop_timer(drain->timer, 0);
}

static struct due *due_find(struct drain *drain, const struct service *service,
			    const struct backend *backend)
{
	struct due *due;

	LIST_FOREACH(due, &drain->dues, entry)
		if (due->until == backend->until &&
		    due->backend.port == backend->port &&
		    addr_equal(&due->backend.addr, &backend->addr) &&
		    !strcmp(due->service, service->name))
			return due;
	return NULL;
}

static struct due *due_new(struct drain *drain, const struct service *service,
			   const struct backend *backend, unsigned int left)
{
	struct due *due = calloc(1, sizeof(*due));

	if (!due)
		return NULL;
	due->drain = drain;
	due->until = backend->until;
	due->at = clock_ms(CLOCK_MONOTONIC) + left;
	due->backend.addr = backend->addr;
	due->backend.port = backend->port;
	memcpy(due->service, service->name, sizeof(due->service));
	LIST_INSERT_HEAD(&drain->dues, due, entry);
	return due;
}

static void due_free(struct due *due)
{
	LIST_REMOVE(due, entry);
	free(due);
}

/* The members that name a backend; a new reference, NULL: out of memory. */
static json_t *name_backend(const char *service, const struct addr *addr,
			    uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	return json_pack("{s:s, s:s, s:i}", "service", service, "addr",
			 addr_text(addr, text, sizeof(text)), "port", port);
}

/* Send the event "drain".  @backend: from name_backend(), freed here */
static void tell(const struct drain *drain, json_t *backend, const char *what)
{
	json_object_set_new(backend, "what", json_string(what));
	events_emit(drain->dnatd->events, "drain", backend);
}

static void take_ended(uint64_t ended, const struct err *err, void *data)
{
	char addr[INET6_ADDRSTRLEN];
	struct due *due = data;

	say("service %s: %" PRIu64
	    " connections to backend %s port %u ended at its deadline%s%s",
	    due->service, ended,
	    addr_text(&due->backend.addr, addr, sizeof(addr)),
	    due->backend.port, err ? "; trying again: " : "",
	    err ? err->msg : "");
	due->ending = false;
	due->ended = !err;
	if (!err)
		tell(due->drain,
		     name_backend(due->service, &due->backend.addr,
				  due->backend.port),
		     "deadline");
	due->at = clock_ms(CLOCK_MONOTONIC) + PAUSE_MS;
	look_soon(due->drain);
}

/* Return: whether the deadline has passed and all connections are ended */
static bool is_over(struct drain *drain, const struct service *service,
		    const struct backend *backend, unsigned int left)
{
	const struct conn_filter filter = conn_filter_of(service, backend);
	struct due *due = due_find(drain, service, backend);
	struct err err;
	int64_t rest;

	if (!due)
		due = due_new(drain, service, backend, left);
	if (!due) {
		look_in(drain, PAUSE_MS);
		return false;
	}
	due->seen = true;
	if (due->ending || due->ended)
		return due->ended;
	rest = due->at - clock_ms(CLOCK_MONOTONIC);
	if (rest > 0) {
		look_in(drain, rest);
		return false;
	}
	due->ending = !conns_end(drain->dnatd, &filter, take_ended, due, &err);
	if (!due->ending) {
		complain(drain, service->name, &err);
		look_in(drain, PAUSE_MS);
	}
	return false;
}

/* Return: whether it was counted empty; requests a count if there is none */
static bool is_empty(struct drain *drain, const struct service *service,
		     const struct backend *backend)
{
	uint64_t left;

	if (drain->counted &&
	    counts_left(drain->dnatd->counts, service, backend, &left))
		return !left;
	drain->uncounted = true;
	return false;
}

static void removed(struct transaction *transaction)
{
	struct removal *removal = (struct removal *)transaction;
	struct drain *drain = removal->drain;

	drain->removes = false;
	if (transaction->ret) {
		complain(drain, args_string(removal->args, "service"),
			 &transaction->err);
		loop_timer(drain->timer, PAUSE_MS);
	} else {
		loop_timer(drain->timer, 0);
	}
	if (!transaction->ret && transaction->changes.n) {
		drain->changes++;
		tell(drain, json_incref(removal->args), "removed");
	}
	change_drop(&removal->change);
	json_decref(removal->args);
	free(removal);
}

/*
 * After another change the backend may have connections again.  Then plan
 * nothing, and removed() looks again.
 */
static int plan_removal(struct transaction *transaction, struct err *err)
{
	struct removal *removal = (struct removal *)transaction;

	if (transaction->dnatd->changes != removal->changes)
		return 0;
	transaction->changes.n = 1;
	transaction->changes.list = &removal->change;
	return model_plan(transaction->model, "backend.del", removal->args,
			  &removal->change, err);
}

/* Begin to remove a backend; one at a time. */
static void remove_backend(struct drain *drain, const struct service *service,
			   const struct backend *backend)
{
	static const struct err no_memory = { .msg = "dnatd is out of memory" };
	struct removal *removal = calloc(1, sizeof(*removal));

	if (removal)
		removal->args = name_backend(service->name, &backend->addr,
					     backend->port);
	if (!removal || !removal->args) {
		free(removal);
		complain(drain, service->name, &no_memory);
		loop_timer(drain->timer, PAUSE_MS);
		return;
	}
	removal->drain = drain;
	removal->changes = drain->dnatd->changes;
	removal->transaction.plan = plan_removal;
	removal->transaction.done = removed;
	drain->removes = true;
	change_begin(drain->dnatd, &removal->transaction);
}

/* Return: whether @backend must be removed now */
static bool is_done(struct drain *drain, const struct service *service,
		    const struct backend *backend)
{
	bool remove = backend->state == BACKEND_REMOVE;
	unsigned int left;

	if (backend_left(backend, model_now(), &left) &&
	    is_over(drain, service, backend, left))
		return remove;
	return remove && is_empty(drain, service, backend);
}

/* Return: whether a removal has begun; the model will change */
static bool look_at(struct drain *drain, const struct service *service)
{
	for (size_t i = 0; i < service->n_backends; i++) {
		const struct backend *backend = &service->backends[i];

		/* Check deadlines also while a removal waits for the disk. */
		if (backend->state != BACKEND_UP &&
		    is_done(drain, service, backend) && !drain->removes) {
			remove_backend(drain, service, backend);
			return true;
		}
	}
	return false;
}

/* Free the dues of drains that ended or were cancelled, unless in use. */
static void forget(struct drain *drain)
{
	struct due *due = LIST_FIRST(&drain->dues), *next;

	for (; due; due = next) {
		next = LIST_NEXT(due, entry);
		if (!due->seen && !due->ending)
			due_free(due);
		else
			due->seen = false;
	}
}

static void counted(const struct err *err, void *data)
{
	struct drain *drain = data;

	if (err) {
		if (!drain->failed)
			say_warning("cannot count the connections of draining backends: %s; trying again",
				    err->msg);
		drain->failed = true;
		loop_timer(drain->timer, PAUSE_MS);
		return;
	}
	drain->counted = true;
	drain->changes = drain->dnatd->changes;
	loop_timer(drain->timer, 0);
}

/* Request the next count, but not too soon. */
static void count_soon(struct drain *drain)
{
	int64_t rest = counts_rest_ms(drain->dnatd->counts);

	if (drain->counted)
		look_in(drain, rest > PAUSE_MS ? rest : PAUSE_MS);
	else if (rest)
		look_in(drain, rest);
	else
		counts_wait(drain->dnatd->counts, &drain->count);
}

static bool any_to_empty(const struct model *model)
{
	for (size_t i = 0; i < model->n_services; i++)
		for (size_t j = 0; j < model->services[i]->n_backends; j++)
			if (model->services[i]->backends[j].state ==
			    BACKEND_REMOVE)
				return true;
	return false;
}

static void look(evutil_socket_t fd, short what, void *data)
{
	struct drain *drain = data;
	const struct model *model = drain->dnatd->model;

	(void)fd;
	(void)what;
	loop_does("drains");
	drain->next = -1;
	drain->uncounted = false;
	/* After a change the count is too old: a backend may be up again. */
	if (drain->changes != drain->dnatd->changes)
		drain->counted = false;
	for (size_t i = 0; i < model->n_services; i++) {
		if (look_at(drain, model->services[i]))
			return;
	}
	forget(drain);
	if (any_to_empty(model) && (drain->counted || drain->uncounted))
		count_soon(drain);
	drain->counted = false;
	if (drain->next >= 0)
		loop_timer(drain->timer, drain->next);
	else if (!drain->count.waits)
		drain->failed = false;
}

struct drain *drain_new(struct dnatd *dnatd, struct err *err)
{
	struct drain *drain = calloc(1, sizeof(*drain));

	if (drain)
		drain->timer = evtimer_new(dnatd->base, look, drain);
	if (!drain || !drain->timer) {
		free(drain);
		err_no_memory(err);
		return NULL;
	}
	drain->dnatd = dnatd;
	drain->count.done = counted;
	drain->count.data = drain;
	LIST_INIT(&drain->dues);
	drain->follower.data = drain;
	drain->follower.done = look_soon;
	LIST_INSERT_HEAD(&dnatd->followers, &drain->follower, entry);
	loop_timer(drain->timer, 0);
	return drain;
}

void drain_free(struct drain *drain)
{
	if (!drain)
		return;
	LIST_REMOVE(&drain->follower, entry);
	while (!LIST_EMPTY(&drain->dues))
		due_free(LIST_FIRST(&drain->dues));
	counts_cancel(drain->dnatd->counts, &drain->count);
	event_free(drain->timer);
	free(drain);
}
