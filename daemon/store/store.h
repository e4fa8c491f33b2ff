/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state on disk is a file and a journal.  The file has the whole state; it
 * is written under another name, synced and renamed.  The journal has one line
 * for each later change, so that the cost of a change does not depend on the
 * number of services.
 *
 * A change is written to disk before it is made in the kernel.  So a full or
 * hanging disk fails or delays that change and nothing else.  A line is valid
 * only with its newline: if the daemon is killed, a change is stored completely
 * or not at all.
 *
 * PATH:          {"version": 1, "serial": 7, "vdports"?: {...}, "services": [...]}
 * PATH.journal:  {"serial": 7, "services": [...], "deleted": ["NAME"...], "vdports"?: {...}}
 *
 * PATH.lock:     locked by the dnatd that uses this state
 * PATH.old, PATH.old.2, PATH.old.3:  copies of PATH, the newest first, from
 *                before a configuration that removed services
 * PATH.damaged, PATH.journal.damaged:  files that could not be read
 *
 * A line has the new content of the services that changed.  A line with another
 * serial than the file belongs to another file, for example one before a
 * restore from a copy, and is skipped.
 */
#ifndef DNAT_STORE_H
#define DNAT_STORE_H

#include <stdbool.h>

#include "common/err.h"
#include "model/types.h"

#define STORE_PATH "/var/lib/dnat/state.json"
#define STORE_OLD ".old"
#define STORE_KEPT 3
#define STORE_DAMAGED ".damaged"

struct store;

/* Does not access the disk yet.  Return: NULL with @err set */
struct store *store_new(const char *path, struct err *err);

/**
 * store_free - write the file if the journal has lines, and free @store
 * @model: the present model; NULL: do not write
 *
 * A failed write is ignored, because the journal has all changes.
 */
void store_free(struct store *store, const struct model *model);

/**
 * store_lock - create the directory if it is missing, and lock the state
 *
 * The lock is held until store_free().
 *
 * Return: 0; -EBUSY: another dnatd has the lock; or another negative errno: the
 *	lock cannot be created.  With @err set
 */
int store_lock(struct store *store, struct err *err);

/**
 * store_load - read the file and its journal
 *
 * A missing file is an empty model.  A file that is cut off, not JSON or breaks
 * a rule is not changed; @err has the line or the entry.
 *
 * Return: the model, or NULL with @err set
 */
struct model *store_load(struct store *store, struct err *err);

/* Whether store_load() could not read the files. */
bool store_damaged(const struct store *store);

/**
 * store_write - write all of @model to the file, and begin a new journal
 *
 * Return: 0 or a negative errno
 */
int store_write(struct store *store, const struct model *model,
		struct err *err);

/*
 * store_write() of a model that does not come from the files.  Files that could
 * not be read are renamed to STORE_DAMAGED.  If this fails, the next
 * store_add() writes the file first.
 */
int store_replace(struct store *store, const struct model *model,
		  struct err *err);

/**
 * store_keep - keep a copy of the state with the suffix STORE_OLD
 * @model: the present model
 *
 * The last STORE_KEPT copies are kept.
 *
 * Return: 0 or a negative errno with @err set; the state is unchanged
 */
int store_keep(struct store *store, const struct model *model, struct err *err);

/**
 * store_add - append a line to the journal and sync it
 * @model: the model before the changes
 * @changes: the changes, which are made afterwards
 *
 * Return: 0, or a negative errno with @err set and the state unchanged
 */
int store_add(struct store *store, const struct model *model,
	      const struct changes *changes, struct err *err);

/* Remove the line of the last store_add().  Return: 0 or a negative errno */
int store_undo(struct store *store, struct err *err);

/*
 * Write the file if the journal is long.  If that fails, a later call does it.
 */
void store_settle(struct store *store, const struct model *model);

#endif
