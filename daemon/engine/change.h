/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes by the admin or by health checks.  A change is carried out completely
 * or not at all.
 *
 * A transaction runs in the background.  One worker plans it and writes it to
 * the disk, the other puts it into the kernel, and the event loop then changes
 * the model.  Transactions that are written to the disk run one after another.
 * Results of health checks are not written, so they overtake transactions that
 * wait for the disk.
 */
#ifndef DNAT_CHANGE_H
#define DNAT_CHANGE_H

#include "common/err.h"
#include "engine/transaction.h"

struct dnatd;

/*
 * Queue @transaction.  Members that the caller does not set must be zero.  It
 * must stay allocated until transaction->done() is called.
 */
void change_begin(struct dnatd *dnatd, struct transaction *transaction);

/* Finish all queued transactions without the event loop, at exit. */
void changes_finish(struct dnatd *dnatd);

/*
 * Check that the interfaces of new VIPs exist, as a transaction would.
 * Return: 0 or a negative errno with @err set
 */
int changes_check(const struct changes *changes, struct err *err);

#endif
