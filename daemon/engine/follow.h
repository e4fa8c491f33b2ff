/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DNAT_FOLLOW_H
#define DNAT_FOLLOW_H

#include "engine/dnatd.h"

/*
 * Copy what a worker's job found out to the loop's data: reopen the module if
 * it was reloaded, and copy why there is no flowtable.
 * Context: a job's done(), in the loop.
 */
void jobs_follow(struct dnatd *dnatd);

#endif
