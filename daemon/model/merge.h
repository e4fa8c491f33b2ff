/* SPDX-License-Identifier: GPL-2.0-only */
/* From one configuration to another: what has to change. */
#ifndef DNAT_MERGE_H
#define DNAT_MERGE_H

#include "common/err.h"
#include "model/model.h"

/**
 * merge_plan - the changes that make one model of another
 * @model: as it is
 * @wanted: as it shall be; its services that are needed are taken out of it
 * @changes: result, with a list for merge_drop()
 *
 * Return: 0 or -ENOMEM
 */
int merge_plan(const struct model *model, struct model *wanted,
	       struct changes *changes, struct err *err);

/* Drop what was not carried out, and the list. */
void merge_drop(struct changes *changes);

#endif
