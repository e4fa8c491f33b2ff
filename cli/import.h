/* SPDX-License-Identifier: GPL-2.0-only */
/* From another balancer's configuration to dnatctl's lines. */
#ifndef DNATCTL_IMPORT_H
#define DNATCTL_IMPORT_H

#include "cli/ipvs.h"
#include "common/text.h"

/**
 * import_ipvs - what apply takes, with a comment for what has no counterpart
 * @lines: to append to
 *
 * Return: 0 or -ENOMEM
 */
int import_ipvs(struct text *lines, const struct ipvs *ipvs);

#endif
