/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the admin or the checks ask to be changed: all of it or nothing.
 *
 * A transaction is a job of the worker: it writes to the disk and to the kernel
 * while the event loop goes on, with the model as it was.  The loop takes what
 * was done over into the model.  Transactions come one after the other, so each
 * is planned against what the one before has left.
 */
#ifndef DNAT_CHANGE_H
#define DNAT_CHANGE_H

#include "conn_set.h"
#include "dnatd.h"
#include "err.h"
#include "worker.h"

/* Copies of the services before or after, sorted; their backends are not ours. */
struct side {
	size_t n;
	struct service *list;
};

struct transaction {
	struct job job;
	struct dnatd *dnatd;

	/* Planned by begin() or plan(); what fails is done()'s to drop. */
	struct changes changes;

	/* @begin: in the loop, at its turn; NULL: nothing */
	void (*begin)(struct transaction *transaction);

	/*
	 * @plan: in the worker; with no changes planned nothing is done; NULL:
	 * nothing to plan.  Return: 0 or a negative errno
	 */
	int (*plan)(struct transaction *transaction, struct err *err);

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

/* Carry @transaction out, in its turn.  All that is not set is zero. */
void change_begin(struct dnatd *dnatd, struct transaction *transaction);

/* Would a transaction find the interfaces?  Return: 0 or a negative errno */
int changes_check(const struct changes *changes, struct err *err);

#endif
