/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long a turn of the event loop takes.  While a turn lasts, nothing else
 * happens: no check, no answer, no repair.
 *
 * There is one loop in the process.  Only its thread calls these functions.
 */
#ifndef DNAT_LOOP_H
#define DNAT_LOOP_H

#include <event2/event.h>
#include <stdint.h>

#define LOOP_SLOW_MS 20		/* a longer one is counted as slow */
#define LOOP_LOGGED_MS 100	/* one a second of those over this is logged */

/* Make the event base whose turns are measured; NULL where memory is short. */
struct event_base *loop_base_new(void);

/* Measure no more; before the base is freed. */
void loop_measure_end(void);

/**
 * loop_does - say what the running callback does
 * @what: for the log, such as "a check"; a string that stays
 *
 * The first call of a turn begins it.  A callback that does not call this is
 * measured as a part of the turn, but cannot begin one.  Timers that are added
 * from now on start now, even if the callbacks before this one took long.
 */
void loop_does(const char *what);

/* The longest turn of the last minute or two, in microseconds. */
int64_t loop_longest_us(void);

/* Turns over LOOP_SLOW_MS since the start. */
uint64_t loop_slow_turns(void);

#endif
