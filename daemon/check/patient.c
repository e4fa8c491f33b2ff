// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/nofile.h"
#include "check/patient.h"

/* Delay before a check that could not be made is repeated. */
#define AGAIN_MS 1000

/* The warning is logged again if it was not needed for this time. */
#define SHORT_SECONDS 60

time_t patient_now(void)
{
	return clock_ms(CLOCK_MONOTONIC) / 1000;
}

static void judge(struct patient *patient, const char *fault)
{
	const struct check *check = patient->target.check;
	bool first = !patient->known;

	if (fault)
		snprintf(patient->fault, sizeof(patient->fault), "%s", fault);
	patient->checks[!fault]++;
	patient->known = true;
	patient->unmade = false;
	if (!fault == !patient->down) {
		patient->against = 0;
		return;
	}
	patient->against++;
	if (!first && patient->against < (fault ? check->fall : check->rise))
		return;
	patient->down = fault;
	patient->against = 0;
	patient->since = patient_now();
	patient->changed(patient->group);
}

/* The check could not be made: a problem of dnatd, not of the backend. */
static void unmade(struct patient *patient, const char *why)
{
	unsigned int interval = patient->target.check->interval;
	struct ward *ward = patient->ward;
	time_t now = patient_now();

	if (!ward->unmade || now - ward->short_of > SHORT_SECONDS)
		say_warning("service %s: a check could not be made: %s; the backends stay as they are",
			    patient->target.service, why);
	snprintf(patient->fault, sizeof(patient->fault), "%s", why);
	patient->unmade = true;
	ward->unmade++;
	ward->short_of = now;
	loop_timer(patient->timer, interval < AGAIN_MS ? interval : AGAIN_MS);
}

static void checked(enum outcome outcome, const char *fault, void *data)
{
	struct patient *patient = data;

	patient->probe = NULL;
	if (outcome != OUTCOME_NONE)
		patient->turn.prompt = outcome != OUTCOME_LATE;
	turn_give(&patient->ward->turns, &patient->turn);
	if (outcome == OUTCOME_NONE)
		unmade(patient, fault);
	else
		judge(patient, fault);
}

static void begin(struct patient *patient)
{
	enum outcome outcome;
	char fault[FAULT_LEN];

	patient->probe = probe_start(&patient->ward->probes, &patient->target,
				     checked, patient, &outcome, fault);
	if (!patient->probe)
		checked(outcome, fault, patient);
}

/* Start a check that had to wait for its turn. */
static void begin_turn(struct turn *turn)
{
	begin((struct patient *)(void *)((char *)turn -
					 offsetof(struct patient, turn)));
}

/* Start the next check unless the last one still runs or waits. */
static void due(evutil_socket_t fd, short what, void *data)
{
	struct patient *patient = data;

	(void)fd;
	(void)what;
	loop_timer(patient->timer, patient->target.check->interval);
	if (patient->turn.state == TURN_NONE &&
	    turn_take(&patient->ward->turns, &patient->turn))
		begin(patient);
}

/* The first check begins at a random time within the interval. */
static int start(struct patient *patient)
{
	uint64_t interval = patient->target.check->interval;
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint32_t)(uintptr_t)patient;
	return loop_timer(patient->timer, (int64_t)(random * interval >> 32));
}

static void give_up(struct patient *patient)
{
	if (patient->probe)
		probe_cancel(patient->probe);
	patient->probe = NULL;
	turn_give(&patient->ward->turns, &patient->turn);
}

struct patient *patient_new(struct ward *ward, struct group *group,
			    void (*changed)(struct group *group),
			    const struct backend *backend)
{
	struct patient *patient = calloc(1, sizeof(*patient));

	if (!patient)
		return NULL;
	patient->ward = ward;
	patient->group = group;
	patient->changed = changed;
	patient->addr = backend->addr;
	patient->port = backend->port;
	patient->down = backend->down;
	patient->told = backend->down;
	patient->since = patient_now();
	patient->timer = evtimer_new(ward->base, due, patient);
	if (!patient->timer) {
		free(patient);
		return NULL;
	}
	return patient;
}

void patient_free(struct patient *patient)
{
	if (!patient)
		return;
	give_up(patient);
	event_free(patient->timer);
	free(patient);
}

int patient_aim(struct patient *patient, const struct target *target,
		bool anew)
{
	const struct target *is = &patient->target;

	if (!anew && is->check && is->port == target->port &&
	    addr_equal(&is->addr, &target->addr) &&
	    addr_equal(&is->source, &target->source))
		return 0;
	give_up(patient);
	patient->target = *target;
	patient->against = 0;
	return start(patient);
}

int ward_init(struct ward *ward, struct event_base *base,
	      const struct spawn_user *user)
{
	*ward = (struct ward){ .base = base };
	if (probes_init(&ward->probes, base, user))
		return -ENOMEM;
	return turns_init(&ward->turns, base, nofile_checks(), begin_turn);
}

void ward_clean(struct ward *ward)
{
	turns_clean(&ward->turns);
	probes_clean(&ward->probes);
}
