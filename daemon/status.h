/* SPDX-License-Identifier: GPL-2.0-only */
/* How things stand, and what the admin should do about it. */
#ifndef DNAT_STATUS_H
#define DNAT_STATUS_H

#include <jansson.h>

#include "dnatd.h"

/**
 * status_to_json - the answer to "status", see control.h
 * @dnatd: the daemon
 * @proc: where procfs is mounted
 *
 * Return: NULL where memory is short
 */
json_t *status_to_json(const struct dnatd *dnatd, const char *proc);

/* "auto", "module" or "nf_nat". */
const char *allocator_text(enum allocator allocator);

#endif
