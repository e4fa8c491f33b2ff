/* SPDX-License-Identifier: GPL-2.0-only */
/* The rate limit on repairs of what other programs changed. */
#ifndef DNAT_REPAIR_BUDGET_H
#define DNAT_REPAIR_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/dnatd.h"

#define REPAIRS_A_MINUTE 10
#define REPAIRS_MAX 600

/**
 * repairs_wait - may something be repaired now?
 * @now: ms of a monotonic clock
 *
 * Allows repairs->a_minute repairs in a minute.  If more are needed, it allows
 * one a minute, so that dnatd does not fight another program.  That ends when a
 * repair was allowed for a minute and none was needed.
 *
 * Return: 0 if a repair is allowed, else the ms until it is
 */
uint64_t repairs_wait(struct repairs *repairs, uint64_t now);

/* Count a repair that was made or tried. */
void repairs_spend(struct repairs *repairs, uint64_t now);

/* Return: whether repairs are limited to one a minute */
bool repairs_held(const struct repairs *repairs, uint64_t now);

/* Add to the total and send event "repair".  @what: as there, see control.h */
void repairs_tell(struct dnatd *dnatd, const char *what);

#endif
