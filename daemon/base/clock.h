/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DNAT_CLOCK_H
#define DNAT_CLOCK_H

#include <stdint.h>
#include <time.h>

/* A clock's time in microseconds, and in milliseconds. */
int64_t clock_us(clockid_t clock);
int64_t clock_ms(clockid_t clock);

/* Milliseconds of a clock that only goes forward. */
uint64_t clock_now(void);

#endif
