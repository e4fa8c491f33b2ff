/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CPU_H
#define BENCH_CPU_H

struct dentry;

void bench_cpu_setup(struct dentry *dir);

#endif
