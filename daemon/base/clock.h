/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DNAT_CLOCK_H
#define DNAT_CLOCK_H

#include <stdint.h>

/* Milliseconds of a clock that only goes forward. */
uint64_t clock_now(void);

#endif
