/* SPDX-License-Identifier: GPL-2.0-only */
/* Read and write the settings of the vdports as JSON. */
#ifndef DNAT_VDPORTS_H
#define DNAT_VDPORTS_H

#include <jansson.h>

#include "common/err.h"
#include "model/types.h"

/**
 * vdports_from_json - read the settings of the vdports
 * @args: arguments of vdport.set or entry of the state file: an object with
 *	range, on-exhausted or both
 * @vdports: result; members that are not in @args are unchanged
 *
 * Return: 0 or -EINVAL with @err set
 */
int vdports_from_json(const json_t *args, struct vdports *vdports,
		      struct err *err);

/* The settings that are set, for vdports_from_json().  NULL: no memory */
json_t *vdports_to_json(const struct vdports *vdports);

#endif
