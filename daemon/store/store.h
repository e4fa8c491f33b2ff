/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state on disk: a file with all of it, written aside, synced, renamed; and
 * beside it a journal, a line a change since, so that a change costs as much as
 * it changes and not as much as there is.
 *
 * A change is on the disk before the kernel is touched, so that a disk that is
 * full or hangs refuses or holds up that change and nothing else.  A line counts
 * once its newline is there: a daemon that is killed leaves a change whole or
 * not at all.
 *
 * PATH:          {"version": 1, "serial": 7, "vdports"?: {...}, "services": [...]}
 * PATH.journal:  {"serial": 7, "services": [...], "deleted": ["NAME"...], "vdports"?: {...}}
 *
 * PATH.lock:     locked by the dnatd whose state it is
 * PATH.old, PATH.old.2, PATH.old.3:  PATH as it was before services were removed
 *                all at once, the newest first
 * PATH.damaged, PATH.journal.damaged:  what could not be read
 *
 * A line says what its services are from now on.  One whose serial is not that
 * of the file is of another file, older or put back by hand, and is left out.
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

/* Nothing is read or written yet.  Return: NULL with @err set */
struct store *store_new(const char *path, struct err *err);

/**
 * store_free - and before that, bring the file up to date
 * @model: as it is now; NULL to leave the file alone
 *
 * Where that fails the journal has it all.
 */
void store_free(struct store *store, const struct model *model);

/**
 * store_lock - make the directory where it is missing, and be the only one to
 * write there until store_free()
 *
 * Return: 0; -EBUSY: another dnatd is; or another negative errno, where nobody
 *	can write there.  With @err set
 */
int store_lock(struct store *store, struct err *err);

/**
 * store_load - read the file and its journal
 *
 * A missing file is an empty model.  A file that is cut off, not JSON or breaks
 * a rule is left alone; @err says which line or which entry.
 *
 * Return: the model, or NULL with @err set
 */
struct model *store_load(struct store *store, struct err *err);

/* Could store_load() not read what is there? */
bool store_damaged(const struct store *store);

/**
 * store_write - write the file with all of @model, and begin a new journal
 *
 * Return: 0 or a negative errno
 */
int store_write(struct store *store, const struct model *model,
		struct err *err);

/*
 * store_write() of a model that has nothing to do with what was loaded.  Where
 * it fails, the next change has to do it first.  What could not be read is
 * renamed to STORE_DAMAGED.
 */
int store_replace(struct store *store, const struct model *model,
		  struct err *err);

/**
 * store_keep - keep the state as it is under another name, STORE_OLD
 * @model: as it is
 *
 * Return: 0 or a negative errno; the state itself is as it was
 */
int store_keep(struct store *store, const struct model *model, struct err *err);

/**
 * store_add - write down what will be
 * @model: as it is
 * @changes: what is about to happen to it
 *
 * Return: 0; or a negative errno, and what was is so
 */
int store_add(struct store *store, const struct model *model,
	      const struct changes *changes, struct err *err);

/* What was added last is not to be.  Return: 0 or a negative errno */
int store_undo(struct store *store, struct err *err);

/* Write the file where the journal has become long; where it fails, later. */
void store_settle(struct store *store, const struct model *model);

#endif
