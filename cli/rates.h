/* SPDX-License-Identifier: GPL-2.0-only */
/* From two answers to stats to what happened between them. */
#ifndef DNATCTL_RATES_H
#define DNATCTL_RATES_H

#include <jansson.h>

#include "cli/show.h"

/**
 * rates_of - what happened a second
 * @before, @now: results of stats, of stats.services or of stats.backends
 * @seconds: between the two
 *
 * A rate is a whole number, rounded up so that what happens at all is seen;
 * in_use stays as it is now.  A counter that fell began at 0 again.  So did
 * those of a service or backend that is new.
 *
 * Return: an object or array like @now, or NULL without memory
 */
json_t *rates_of(const json_t *before, const json_t *now, double seconds);

/* Now, in seconds, for the time between two answers. */
double rates_clock(void);

/* Prints one line, and the header before the first. */
show_fn show_rates;

#endif
