/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choose the configuration at the start: the admin's file; or the saved state,
 * if the file is missing or has errors.
 */
#ifndef DNAT_STARTUP_H
#define DNAT_STARTUP_H

#include <stdbool.h>

#include "common/err.h"
#include "engine/dnatd.h"

/**
 * startup_load - load the configuration
 * @path: the admin's file
 * @optional: the file may be missing
 *
 * Logs each error in the file, or else each setting that has no effect
 * (warnings.h).  A file with errors is not used; dnatd->conf_fault is set then.
 *
 * Return: 0 with dnatd->model set; or a negative errno with @err set, if
 *	neither the file nor the saved state can be used, or another dnatd uses
 *	the state
 */
int startup_load(struct dnatd *dnatd, const char *path, bool optional,
		 struct err *err);

/* Check the file as startup_load() does, change nothing; 0 or -EINVAL. */
int startup_check(const char *path, bool optional);

/*
 * Call when the configuration is in force.  Logs what the file has removed,
 * saves the new state, and deletes ports and connections that only the old one
 * used.
 */
void startup_done(struct dnatd *dnatd);

#endif
