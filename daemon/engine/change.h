/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the admin or the checks ask to be changed: all of it or nothing.
 *
 * A transaction goes on beside the event loop: planned and written to the disk by
 * one worker, then put into the kernel by the other, then taken over into the
 * model by the loop.  Those that are written come one after the other.  What
 * checks have found is not: it passes by those that wait for a disk.
 */
#ifndef DNAT_CHANGE_H
#define DNAT_CHANGE_H

#include "common/err.h"
#include "engine/transaction.h"

struct dnatd;

/* Carry @transaction out, in its turn.  All that is not set is zero. */
void change_begin(struct dnatd *dnatd, struct transaction *transaction);

/* Have all that were begun done, in place of the event loop. */
void changes_finish(struct dnatd *dnatd);

/* Would a transaction find the interfaces?  Return: 0 or a negative errno */
int changes_check(const struct changes *changes, struct err *err);

#endif
