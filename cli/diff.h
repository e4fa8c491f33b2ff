/* SPDX-License-Identifier: GPL-2.0-only */
/* Print what apply would change, line by line. */
#ifndef DNATCTL_DIFF_H
#define DNATCTL_DIFF_H

#include <jansson.h>
#include <stdio.h>

#include "common/err.h"

/**
 * diff_print - print removed lines with "-" and added lines with "+"
 * @diff: result of config.apply with dry_run, see control.h
 *
 * Return: 0, -EPROTO if @diff is something else, or -ENOMEM
 */
int diff_print(FILE *out, const json_t *diff, struct err *err);

#endif
