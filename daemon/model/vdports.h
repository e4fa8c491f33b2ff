/* SPDX-License-Identifier: GPL-2.0-only */
/* The settings of the vdports: asked for, kept, and put into the module. */
#ifndef DNAT_VDPORTS_H
#define DNAT_VDPORTS_H

#include <jansson.h>

#include "common/err.h"
#include "model/types.h"

/**
 * vdports_from_json - the arguments of vdport.set, or what was kept
 * @args: an object with range, on-exhausted or both
 * @vdports: result; what is not there stays as it is
 *
 * Return: 0 or -EINVAL
 */
int vdports_from_json(const json_t *args, struct vdports *vdports,
		      struct err *err);

/* What vdports_from_json() takes; without what is not set.  NULL: no memory. */
json_t *vdports_to_json(const struct vdports *vdports);

#endif
