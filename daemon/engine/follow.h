/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DNAT_FOLLOW_H
#define DNAT_FOLLOW_H

#include "engine/dnatd.h"

/*
 * Have the loop know what a job has found out, in its done(): the module, where
 * it was loaded anew, and why there is no flowtable.
 */
void jobs_follow(struct dnatd *dnatd);

#endif
