/* SPDX-License-Identifier: GPL-2.0-only */
/* Repairs of what others broke: how many there were, how many may be. */
#ifndef DNAT_REPAIR_BUDGET_H
#define DNAT_REPAIR_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/dnatd.h"

#define REPAIRS_A_MINUTE 10
#define REPAIRS_MAX 600

/**
 * repairs_wait - may something be repaired now?
 * @now: ms of a clock that only goes forward
 *
 * a_minute in a minute may.  Who breaks things faster than that is not fought:
 * then there is one a minute, until nobody has had to ask for a minute after
 * one of these.
 *
 * Return: 0, or the ms until one may be
 */
uint64_t repairs_wait(struct repairs *repairs, uint64_t now);

/* One was made or tried. */
void repairs_spend(struct repairs *repairs, uint64_t now);

/* Is somebody breaking it again and again? */
bool repairs_held(const struct repairs *repairs, uint64_t now);

/* Count one, and tell who listens.  @what: "rules", "addresses" or "module" */
void repairs_tell(struct dnatd *dnatd, const char *what);

#endif
