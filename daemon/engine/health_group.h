/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of health.h: services whose backends are checked. */
#ifndef DNAT_HEALTH_GROUP_H
#define DNAT_HEALTH_GROUP_H

#include "check/patient.h"
#include "engine/transaction.h"
#include "model/check.h"

#define PENDING_LEN 256

/* Services in one batch: what the loop takes over from it is some milliseconds. */
#define GROUPS_AT_ONCE 128

/* The backends of one service. */
struct group {
	struct health *health;
	char service[SERVICE_NAME_LEN + 1];
	struct check check;
	struct response_body *body;
	bool changed;		/* somebody has gone down or up */
	bool alone;		/* did not get into the rules with the others */
	char pending[PENDING_LEN];	/* why not alone either, or "" */
	size_t n;
	struct patient **patients;	/* in the order of the backends */
};

struct health {
	struct dnatd *dnatd;
	struct follower follower;
	struct ward ward;
	struct event *apply;	/* what has changed, all together */
	struct event *again;	/* services that have to be tried alone */
	size_t next;		/* the group to try next */
	struct transaction transaction;	/* at most one is under way */
	bool busy;		/* it is */
	bool alone;		/* with a service that is tried alone */
	size_t n_applied;
	struct group *applied[GROUPS_AT_ONCE];	/* whose services are in it; NULL: gone */
	struct change changes[GROUPS_AT_ONCE];
	size_t n;
	size_t room;
	struct group **groups;	/* sorted by the service's name */
	struct event *follow;
	size_t n_late, late_room;
	char (*late)[SERVICE_NAME_LEN + 1];	/* services to be followed */
};

/* The patient that @backend is, which mostly stands at @i; or NULL. */
struct patient **group_patient(const struct group *group,
			       const struct backend *backend, size_t i);

/* What checks have found is to get into the rules. */
void group_changed(struct group *group);

/* Return: 0 or -ENOMEM */
int health_apply_init(struct health *health, struct event_base *base);
void health_apply_clean(struct health *health);

#endif
