/* SPDX-License-Identifier: GPL-2.0-only */
/* Compute rates per second from two answers to stats. */
#ifndef DNATCTL_RATES_H
#define DNATCTL_RATES_H

#include <jansson.h>

#include "cli/show.h"

/**
 * rates_of - compute rates per second
 * @before, @now: results of stats, of stats.services or of stats.backends
 * @seconds: the time between the two
 *
 * A rate is a whole number, rounded up, so that it is 0 only if nothing
 * happened.  in_use is copied from @now.  If a counter is lower than before, it
 * was reset, and its rate counts from 0; so does that of a new service or
 * backend.
 *
 * Return: an object or array like @now, a new reference; NULL when out of
 *	memory
 */
json_t *rates_of(const json_t *before, const json_t *now, double seconds);

/* Seconds of a monotonic clock, for the time between two answers. */
double rates_clock(void);

/* Prints one line of rates of stats, and a header before the first. */
show_fn show_rates;

#endif
