/* SPDX-License-Identifier: GPL-2.0-only */
/* What apply would change, as lines. */
#ifndef DNATCTL_DIFF_H
#define DNATCTL_DIFF_H

#include <jansson.h>
#include <stdio.h>

#include "common/err.h"

/**
 * diff_print - print lines that go with a "-" and lines that come with a "+"
 * @diff: result of config.apply with dry_run, see control.h
 *
 * Return: 0, -EPROTO where that has another shape, or -ENOMEM
 */
int diff_print(FILE *out, const json_t *diff, struct err *err);

#endif
