/* SPDX-License-Identifier: GPL-2.0-only */
/* What is in force from the start: the admin's file, else what was saved. */
#ifndef DNAT_STARTUP_H
#define DNAT_STARTUP_H

#include <stdbool.h>

#include "dnatd.h"
#include "err.h"

/**
 * startup_load - find out what shall be in force
 * @path: the admin's file
 * @optional: where it does not exist, what was saved is in force
 *
 * Where something is wrong with the file, all of it is logged, a line each; else
 * what in it counts for nothing is (notes.h).
 *
 * Return: 0 with dnatd->model set, or a negative errno with @err set: the file
 *	or what was saved cannot be used
 */
int startup_load(struct dnatd *dnatd, const char *path, bool optional,
		 struct err *err);

/* It is in force: save it, and give back what only the last run had use for. */
void startup_done(struct dnatd *dnatd);

#endif
