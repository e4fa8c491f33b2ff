/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One backend that is checked: when its next check begins, and what the checks
 * have found so far.
 *
 * A check that dnatd cannot make, for want of memory or of file descriptors, or
 * because the program is not safe to run, says nothing of the backend.  It is
 * made again soon.
 */
#ifndef DNAT_PATIENT_H
#define DNAT_PATIENT_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "check/probe.h"
#include "check/turns.h"
#include "common/addr.h"
#include "model/types.h"

/* What all patients of one dnatd share. */
struct ward {
	struct event_base *base;
	struct probes probes;
	struct turns turns;
	unsigned long unmade;	/* checks that dnatd could not make */
	time_t short_of;	/* CLOCK_MONOTONIC of the last of them */
};

struct patient {
	struct ward *ward;
	struct group *group;	/* for whoever takes a change */
	void (*changed)(struct group *group);
	struct addr addr;	/* of the backend */
	uint16_t port;
	struct target target;
	struct event *timer;
	struct probe *probe;	/* NULL between two checks */
	struct turn turn;
	bool unmade;		/* the last check could not be made, see fault */
	bool known;		/* there was a check */
	bool down;
	bool told;		/* that it is down */
	unsigned int against;	/* checks in a row that say otherwise */
	unsigned long checks[2];	/* that failed, that passed */
	time_t since;		/* CLOCK_MONOTONIC */
	char fault[FAULT_LEN];	/* of the last check that was bad or not made */
};

/* Return: 0 or -ENOMEM */
int ward_init(struct ward *ward, struct event_base *base,
	      const struct spawn_user *user);

/* After its patients. */
void ward_clean(struct ward *ward);

/**
 * patient_new - a backend that is not checked yet
 * @changed: called with @group when the backend has gone down or up
 *
 * Return: NULL where memory is short
 */
struct patient *patient_new(struct ward *ward, struct group *group,
			    void (*changed)(struct group *group),
			    const struct backend *backend);
void patient_free(struct patient *patient);

/**
 * patient_aim - say what is to be checked from now on
 * @target: with all that it points to, has to outlast the patient
 * @anew: the check is another one, even where the address is not
 *
 * A check of something else that is under way is given up, and the next one
 * begins within the interval; others go on.
 *
 * Return: 0 or -1 where memory is short
 */
int patient_aim(struct patient *patient, const struct target *target,
		bool anew);

time_t patient_now(void);

#endif
