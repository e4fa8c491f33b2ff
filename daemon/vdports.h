/* SPDX-License-Identifier: GPL-2.0-only */
/* The settings of the vdports: asked for, kept, and put into the module. */
#ifndef DNAT_VDPORTS_H
#define DNAT_VDPORTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct dnatd;

/* What the module and nf_nat have unless told otherwise. */
#define VDPORTS_MIN 1024
#define VDPORTS_MAX 65535

enum on_exhausted {
	EXHAUSTED_UNSET,	/* as the module has it */
	EXHAUSTED_DROP,
	EXHAUSTED_RESET,
};

struct vdports {
	uint16_t min;		/* host byte order; 0: as the module has it */
	uint16_t max;
	enum on_exhausted on_exhausted;
};

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
