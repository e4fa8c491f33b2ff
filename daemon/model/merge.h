/* SPDX-License-Identifier: GPL-2.0-only */
/* The changes from one configuration to another. */
#ifndef DNAT_MERGE_H
#define DNAT_MERGE_H

#include "common/err.h"
#include "model/model.h"

/**
 * merge_plan - compute the changes from @model to @wanted
 * @model: the present model
 * @wanted: the new model; the services that @changes needs are moved out of it
 * @changes: result; the caller frees it with merge_drop()
 *
 * Return: 0 or -ENOMEM with @err set
 */
int merge_plan(const struct model *model, struct model *wanted,
	       struct changes *changes, struct err *err);

/* Free the changes that were not committed, and the list. */
void merge_drop(struct changes *changes);

#endif
