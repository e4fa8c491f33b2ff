/* SPDX-License-Identifier: GPL-2.0-only */
/* The whole configuration at once: shown, and put in place of what is in force. */
#ifndef DNAT_APPLY_H
#define DNAT_APPLY_H

#include <jansson.h>

#include "base/long_answer.h"
#include "common/err.h"
#include "engine/dnatd.h"

/* So many errors are told to a client. */
#define APPLY_ERRORS_MAX 1000

/*
 * config.apply: make what is in force equal to a configuration, or change
 * nothing.  Services that are as it has them are left alone.  Others keep what
 * is known of the backends that stay.
 *
 * Return: as control_fn
 */
int change_config(struct dnatd *dnatd, const char *op, const json_t *args,
		  struct long_answer **parts, struct err *err);

/* The same of a whole request, as a control_long_fn gets it. */
int change_config_line(struct dnatd *dnatd, char *line, size_t len,
		       struct long_answer **parts, struct err *err);

#endif
