/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DNAT_CLOCK_H
#define DNAT_CLOCK_H

#include <stdint.h>
#include <time.h>

/* The time of @clock in microseconds, and in milliseconds. */
int64_t clock_us(clockid_t clock);
int64_t clock_ms(clockid_t clock);

/* Milliseconds of CLOCK_MONOTONIC, which never goes back. */
uint64_t clock_now(void);

#endif
