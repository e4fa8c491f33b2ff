/* SPDX-License-Identifier: GPL-2.0-only */
/* The settings of vdports, in the module as in the model. */
#ifndef DNAT_VDPORTS_SYNC_H
#define DNAT_VDPORTS_SYNC_H

#include <jansson.h>

#include "engine/dnatd.h"

/* Why @vdports have no effect; NULL where they have, or nothing is set. */
const char *vdports_note(const struct dnatd *dnatd,
			 const struct vdports *vdports);

/**
 * vdports_plan - what vdport.set asks for
 * @args: of the request
 * @vdports: what is kept; becomes what is to be kept from then on
 *
 * Return: 0 or a negative errno
 */
int vdports_plan(const struct dnatd *dnatd, const json_t *args,
		 struct vdports *vdports, struct err *err);

/**
 * vdports_put - put those settings that are set into the module
 * @was: result: what was in force, for vdports_back()
 *
 * Those that were set up to now and are not any more become what the module
 * began with.
 *
 * Return: 0 or a negative errno
 */
int vdports_put(struct dnatd *dnatd, const struct vdports *vdports,
		struct vdports *was, struct err *err);
void vdports_back(struct dnatd *dnatd, const struct vdports *was);

/* What was set in @before, and is not kept now, becomes what the module began with. */
void vdports_drop(struct dnatd *dnatd, const struct vdports *before);

/* At the start: the module gets what was kept.  Return: 0 or a negative errno */
int vdports_start(struct dnatd *dnatd, struct err *err);

#endif
