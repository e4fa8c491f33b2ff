/* SPDX-License-Identifier: GPL-2.0-only */
/* Types of change.h: a transaction, and the followers of changes. */
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

/* Shallow copies of services, sorted; the backends belong to the originals. */
struct side {
	size_t n;
	struct service *list;
};

struct transaction {
	struct job job;
	TAILQ_ENTRY(transaction) entry;
	struct dnatd *dnatd;

	/* Set by @begin or @plan; done() drops what was not committed. */
	struct changes changes;

	/* @begin: if changes.passing: set @changes; called in the loop */
	void (*begin)(struct transaction *transaction);

	/*
	 * @plan: otherwise: set @changes, based on @model; called in a worker.
	 * With no changes, nothing is done.  Return: 0 or a negative errno
	 */
	int (*plan)(struct transaction *transaction, struct err *err);
	const struct model *model;

	/* @done: called in the loop at the end; may free the transaction */
	void (*done)(struct transaction *transaction);

	/* 0, or a negative errno with @err set: then nothing was changed */
	int ret;
	struct err err;

	/* Internal to change.c: */
	struct side old, new;
	struct conn_set gone;
	struct model_room room;
	bool repaired;		/* the rules were repaired first */
};

/*
 * Callbacks for changes of the model, as long as it is in dnatd->followers.
 * Those not needed are NULL.
 */
struct follower {
	LIST_ENTRY(follower) entry;
	void *data;

	/* @change: a change of one service will be committed next */
	void (*change)(void *data, const struct change *change);

	/*
	 * @change_later: instead of @change, one of many changes was committed;
	 * the service @name was changed or removed
	 */
	void (*change_later)(void *data, const char *name);

	/* @done: the model may have changed */
	void (*done)(void *data);
};

#endif
