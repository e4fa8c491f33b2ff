/* SPDX-License-Identifier: GPL-2.0-only */
/* Convert another balancer's configuration to dnatctl's lines. */
#ifndef DNATCTL_IMPORT_H
#define DNATCTL_IMPORT_H

#include <stdio.h>

#include "cli/ipvs.h"

/**
 * import_ipvs - write lines for apply, with comments on what has no counterpart
 * @file: the output; the caller checks it for write errors
 *
 * Return: the number of these comments
 */
size_t import_ipvs(FILE *file, const struct ipvs *ipvs);

#endif
