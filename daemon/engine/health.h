/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which backends are up: they are checked as their services say, and those
 * that go down or come back leave or enter the rules, all of one turn of the
 * event loop in one batch.
 *
 * A backend counts as up until it is known better.  The first check says at
 * once which it is, for dnatd may have been started anew while a backend is
 * down; after that it takes "fall" bad ones, or "rise" good ones, in a row.
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
 * health_new - check the backends of @dnatd's model
 * @dnatd: what goes down or up is changed there
 * @base: event loop
 *
 * Return: NULL with @err set
 */
struct health *health_new(struct dnatd *dnatd, struct event_base *base,
			  struct err *err);
void health_free(struct health *health);

/*
 * A service is about to be what @change says.  Where memory is short its
 * backends are not checked, and the log says so.
 */
void health_follow(struct health *health, const struct change *change);

/*
 * A service called @name is another, or is no more: follow it in one of the next
 * turns of the event loop, after many others.
 */
void health_follow_later(struct health *health, const char *name);

struct health_counts {
	bool down;
	unsigned long passed;	/* checks, since dnatd or the check began */
	unsigned long failed;
};

/* Return: false where @backend, of @service, is not checked */
bool health_count(const struct health *health, const struct service *service,
		  const struct backend *backend, struct health_counts *counts);

struct health_load {
	unsigned int max;	/* checks at a time */
	unsigned int running;
	unsigned int waiting;	/* are due and wait for others to end */
	unsigned long unmade;	/* for want of memory or files, so far */
	unsigned int pending;	/* services, see health_pending() */
};

/* @health may be NULL. */
struct health_load health_load(const struct health *health);

/**
 * health_pending - is there a service whose rules cannot follow its checks?
 * @service: result, its name
 *
 * Return: why, or NULL
 */
const char *health_pending(const struct health *health, const char **service);

/**
 * health_to_json - add to a backend what checks say of it
 * @service: of the model
 * @backend: of @service
 * @json: the backend as control.h describes it
 *
 * Return: 0 or -1
 */
int health_to_json(const struct health *health, const struct service *service,
		   const struct backend *backend, json_t *json);

#endif
