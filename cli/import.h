/* SPDX-License-Identifier: GPL-2.0-only */
/* Convert another balancer's configuration to dnatctl's lines. */
#ifndef DNATCTL_IMPORT_H
#define DNATCTL_IMPORT_H

#include "cli/ipvs.h"
#include "common/text.h"

/**
 * import_ipvs - write lines for apply, with comments on what has no counterpart
 * @lines: the lines are appended here
 *
 * Return: 0 or -ENOMEM
 */
int import_ipvs(struct text *lines, const struct ipvs *ipvs);

#endif
