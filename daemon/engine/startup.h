/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in force from the start: the admin's file, what was saved where there
 * is no such file or it cannot be used.
 */
#ifndef DNAT_STARTUP_H
#define DNAT_STARTUP_H

#include <stdbool.h>

#include "common/err.h"
#include "engine/dnatd.h"

/**
 * startup_load - find out what shall be in force
 * @path: the admin's file
 * @optional: it need not exist
 *
 * All errors in the file are logged, a line each, else what in it has no effect
 * (notes.h).  A file with errors is not used: dnatd->conf_fault is set then.
 *
 * Return: 0 with dnatd->model set, or a negative errno with @err set: neither the
 *	file nor what was saved can be used, or another dnatd uses that
 */
int startup_load(struct dnatd *dnatd, const char *path, bool optional,
		 struct err *err);

/* Only say what startup_load() would make of the file.  Return: 0 or -EINVAL */
int startup_check(const char *path, bool optional);

/*
 * It is in force: log what is removed, save it, and give back what only the last
 * run had use for.
 */
void startup_done(struct dnatd *dnatd);

#endif
