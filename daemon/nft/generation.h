/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DNATD_GENERATION_H
#define DNATD_GENERATION_H

#include <stdint.h>

#include "net/netlink.h"

/**
 * generation_get - ask nf_tables for the number of its last change
 * @nl: an open socket
 * @generation: result; another number means that somebody changed a rule
 *
 * Return: 0 or a negative errno
 */
int generation_get(struct nl *nl, uint32_t *generation);

#endif
