/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state file: written aside, synced, renamed.
 *
 * A change is prepared before the kernel is touched and committed after, so
 * that a full disk refuses it while nothing has happened yet.
 */
#ifndef DNAT_STORE_H
#define DNAT_STORE_H

#include "err.h"
#include "model.h"

#define STORE_PATH "/var/lib/dnat/state.json"

/**
 * store_load - read the state file
 * @path: a missing file is an empty model
 *
 * A file that is cut off, not JSON or breaks a rule is left alone; @err says
 * which line or which entry.
 *
 * Return: the model, or NULL with @err set
 */
struct model *store_load(const char *path, struct err *err);

/* Write @model with @change (may be NULL) in force to "@path.new" and sync it. */
int store_prepare(const char *path, const struct model *model,
		  const struct change *change, struct err *err);

/* Put what was prepared in place, or forget it. */
int store_commit(const char *path, struct err *err);
void store_abort(const char *path);

#endif
