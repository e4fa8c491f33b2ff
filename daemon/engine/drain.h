/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Backends that drain: what is left at the deadline is ended, and those that
 * are to be removed are, with their last connection or at the deadline.
 *
 * All that is to be remembered stands in the model, and so outlives dnatd.
 */
#ifndef DNAT_DRAIN_H
#define DNAT_DRAIN_H

#include "common/err.h"

struct dnatd;
struct drain;

/* Looks after @dnatd's model from now on.  Return: NULL with @err set where memory is short */
struct drain *drain_new(struct dnatd *dnatd, struct err *err);
void drain_free(struct drain *drain);

#endif
