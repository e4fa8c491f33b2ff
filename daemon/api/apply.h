/* SPDX-License-Identifier: GPL-2.0-only */
/* config.apply: replace the whole configuration. */
#ifndef DNAT_APPLY_H
#define DNAT_APPLY_H

#include <jansson.h>

#include "base/long_answer.h"
#include "common/err.h"
#include "engine/dnatd.h"

/* Errors in one answer; further ones are only counted. */
#define APPLY_ERRORS_MAX 1000

/*
 * Carry out config.apply: put a configuration into force, or change nothing.
 * Services that are equal in it are not touched.  Others keep the results of
 * checks for the backends that stay.
 *
 * Return: as control_fn
 */
int change_config(struct dnatd *dnatd, const char *op, const json_t *args,
		  struct long_answer **parts, struct err *err);

/* The same for an unparsed request; arguments as for a control_long_fn. */
int change_config_line(struct dnatd *dnatd, char *line, size_t len,
		       struct long_answer **parts, struct err *err);

#endif
