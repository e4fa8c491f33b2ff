/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Look after draining backends.  At the deadline the remaining connections are
 * ended.  A backend in state "remove" is removed when it has no connections or
 * at the deadline.
 *
 * State and deadline are in the model, so a restart of dnatd keeps them.
 */
#ifndef DNAT_DRAIN_H
#define DNAT_DRAIN_H

#include "common/err.h"

struct dnatd;
struct drain;

/* Start.  Return: freed with drain_free(); NULL with @err set on error */
struct drain *drain_new(struct dnatd *dnatd, struct err *err);
void drain_free(struct drain *drain);

#endif
