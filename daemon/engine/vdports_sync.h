/* SPDX-License-Identifier: GPL-2.0-only */
/* Keep the module's settings of vdports equal to the model's. */
#ifndef DNAT_VDPORTS_SYNC_H
#define DNAT_VDPORTS_SYNC_H

#include <jansson.h>

#include "engine/dnatd.h"

/* Why @vdports have no effect; NULL if they have, or if none is set. */
const char *vdports_note(const struct dnatd *dnatd,
			 const struct vdports *vdports);

/**
 * vdports_plan - check a request vdport.set
 * @args: of the request
 * @vdports: the model's settings; changed to those that the request asks for
 *
 * Return: 0 or a negative errno with @err set
 */
int vdports_plan(const struct dnatd *dnatd, const json_t *args,
		 struct vdports *vdports, struct err *err);

/**
 * vdports_put - change the module's settings to @vdports
 * @was: result: the settings in force until now, for vdports_back()
 *
 * Settings that are unset in @vdports but set in the model get the module's
 * default.
 *
 * Return: 0 or a negative errno with @err set
 */
int vdports_put(struct dnatd *dnatd, const struct vdports *vdports,
		struct vdports *was, struct err *err);
void vdports_back(struct dnatd *dnatd, const struct vdports *was);

/* Reset settings that @before has and the model has not to the default. */
void vdports_drop(struct dnatd *dnatd, const struct vdports *before);

/* Send the model's settings to the module.  Return: 0 or a negative errno */
int vdports_start(struct dnatd *dnatd, struct err *err);

#endif
