/* SPDX-License-Identifier: GPL-2.0-only */
/* A change as change.h carries it out, and who follows changes: their types. */
#ifndef DNAT_TRANSACTION_H
#define DNAT_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/worker.h"
#include "common/err.h"
#include "conn/conn_set.h"
#include "model/model.h"

struct dnatd;

/* Copies of the services before or after, sorted; their backends are not ours. */
struct side {
	size_t n;
	struct service *list;
};

struct transaction {
	struct job job;
	TAILQ_ENTRY(transaction) entry;
	struct dnatd *dnatd;

	/* Planned by one of these two; what fails is done()'s to drop. */
	struct changes changes;

	/* @begin: of changes that pass, in the loop, at its turn */
	void (*begin)(struct transaction *transaction);

	/*
	 * @plan: of others, against @model, in a worker; with no changes planned
	 * nothing is done.  Return: 0 or a negative errno
	 */
	int (*plan)(struct transaction *transaction, struct err *err);
	const struct model *model;

	/* @done: in the loop, when all is changed or nothing; may free it */
	void (*done)(struct transaction *transaction);

	/* 0; or a negative errno with @err set, and everything as it was */
	int ret;
	struct err err;

	/* Those of change.c. */
	struct side old, new;
	struct conn_set gone;
	struct model_room room;
	bool repaired;		/* the rules were, before the change */
};

/*
 * Who wants to know what becomes of the model, for as long as it is in
 * dnatd->followers.  What it has no use for is NULL.
 */
struct follower {
	LIST_ENTRY(follower) entry;
	void *data;

	/* @change: a service is about to be what it says */
	void (*change)(void *data, const struct change *change);

	/*
	 * @change_later: the same, but a service called @name is another already,
	 * or is no more; it is one of many, and need not be looked at at once
	 */
	void (*change_later)(void *data, const char *name);

	/* @done: the model may have changed */
	void (*done)(void *data);
};

#endif
