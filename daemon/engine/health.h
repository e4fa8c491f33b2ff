/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Check the backends.  A backend that goes down is removed from the rules, one
 * that comes up is added.  All changes of one turn of the event loop go into
 * one batch.
 *
 * A backend is considered up until its first check ends.  The result of the
 * first check counts at once, because dnatd may have been restarted while the
 * backend was down.  After that, "fall" failed or "rise" passed checks in a row
 * change the state.
 */
#ifndef DNAT_HEALTH_H
#define DNAT_HEALTH_H

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "model/types.h"

struct dnatd;
struct health;

/**
 * health_new - begin to check the backends of @dnatd's model
 * @dnatd: its model and rules are changed when backends go down or up
 * @base: event loop
 *
 * Return: freed with health_free(); NULL with @err set on error
 */
struct health *health_new(struct dnatd *dnatd, struct event_base *base,
			  struct err *err);
void health_free(struct health *health);

/*
 * Adapt the checks to @change, before it is committed.  When out of memory, log
 * an error; the service's backends are not checked then.
 */
void health_follow(struct health *health, const struct change *change);

/*
 * Adapt the checks to the service @name, which was changed or removed, in one
 * of the next turns of the event loop.
 */
void health_follow_later(struct health *health, const char *name);

struct health_counts {
	bool down;
	unsigned long passed;	/* checks since dnatd or the check started */
	unsigned long failed;
};

/* Return: false if @backend of @service is not checked */
bool health_count(const struct health *health, const struct service *service,
		  const struct backend *backend, struct health_counts *counts);

struct health_load {
	unsigned int max;	/* checks that may run at a time */
	unsigned int running;
	unsigned int waiting;	/* checks that wait for a running one to end */
	unsigned long unmade;	/* checks that dnatd could not make, in total */
	unsigned int pending;	/* services, see health_pending() */
};

/* @health may be NULL. */
struct health_load health_load(const struct health *health);

/**
 * health_pending - find a service whose rules could not be changed after checks
 * @service: result, its name; valid until the next change
 *
 * Return: the reason, NULL if there is no such service
 */
const char *health_pending(const struct health *health, const char **service);

/**
 * health_to_json - add the results of the checks to a backend in JSON
 * @service: of the model
 * @backend: of @service
 * @json: the backend as control.h describes it; the health* members are added
 *
 * Return: 0 or -1
 */
int health_to_json(const struct health *health, const struct service *service,
		   const struct backend *backend, json_t *json);

#endif
