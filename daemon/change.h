/* SPDX-License-Identifier: GPL-2.0-only */
/* What the admin asks to be changed: all of it or nothing. */
#ifndef DNAT_CHANGE_H
#define DNAT_CHANGE_H

#include <jansson.h>

#include "dnatd.h"
#include "err.h"

/**
 * change_apply - carry out one of the operations that model_plan() knows
 * @dnatd: its model, state file, rules and addresses change together
 * @op: "service.add" and so on
 * @args: the request's arguments
 *
 * Return: 0, or a negative errno with @err set and everything as it was
 */
int change_apply(struct dnatd *dnatd, const char *op, const json_t *args,
		 struct err *err);

/**
 * changes_apply - carry out changes of many services, and of the vdports
 * @changes: planned against dnatd->model; taken over where it succeeds, the
 *	caller's to drop where it fails
 *
 * Return: as change_apply()
 */
int changes_apply(struct dnatd *dnatd, struct changes *changes,
		  struct err *err);

/* Would changes_apply() find the interfaces?  Return: 0 or a negative errno */
int changes_check(const struct changes *changes, struct err *err);

#endif
