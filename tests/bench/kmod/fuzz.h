/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_FUZZ_H
#define BENCH_FUZZ_H

#include <linux/types.h>

#include "result.h"

struct bench_conn;

void bench_fuzz_seed(u32 seed);
enum bench_failure bench_fuzz_packet(const struct bench_conn *conns, u32 count);

#endif
