/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal to health*.c: services whose backends are checked. */
#ifndef DNAT_HEALTH_GROUP_H
#define DNAT_HEALTH_GROUP_H

#include "check/checker.h"
#include "engine/transaction.h"
#include "model/check.h"

#define PENDING_LEN 256

/* Services in one batch, so that the loop commits it in a few milliseconds. */
#define GROUPS_AT_ONCE 128

/* The backends of one service. */
struct group {
	struct health *health;
	char service[SERVICE_NAME_LEN + 1];
	struct check check;
	struct response_body *body;
	bool changed;		/* a backend has gone down or up */
	bool alone;		/* its batch failed: try it alone */
	char pending[PENDING_LEN];	/* why that failed, too, or "" */
	size_t n;
	struct checker **checkers;	/* in the order of the backends */
};

struct health {
	struct dnatd *dnatd;
	struct follower follower;
	struct check_ctx ctx;
	struct event *apply;	/* starts a batch of changed groups */
	struct event *again;	/* starts one group that is tried alone */
	size_t next;		/* index of the next group to try alone */
	struct transaction transaction;	/* one at a time */
	bool busy;		/* @transaction is running */
	bool alone;		/* @transaction is of one group tried alone */
	size_t n_applied;
	struct group *applied[GROUPS_AT_ONCE];	/* in it; NULL: freed since */
	struct change changes[GROUPS_AT_ONCE];
	size_t n;
	size_t room;
	struct group **groups;	/* sorted by the service's name */
	struct event *follow;
	size_t n_late, late_room;
	char (*late)[SERVICE_NAME_LEN + 1];	/* health_follow_later() */
};

/* Find the checker of @backend, first at index @i.  Return: NULL if missing */
struct checker **group_checker(const struct group *group,
			       const struct backend *backend, size_t i);

/* Put what the checks of @group have found into the rules, later. */
void group_changed(struct group *group);

/* Return: 0 or -ENOMEM */
int health_apply_init(struct health *health, struct event_base *base);
void health_apply_clean(struct health *health);

#endif
