// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPU time of everything that this kernel does: packets, work in the
 * background, softirqs, RCU callbacks.
 *
 * Only User-Mode Linux can tell.  It is a process of the host, whose clock for
 * it stands still while it is idle and while the host runs other processes.
 * The guest's own processes are others of the host, and are not counted.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/time64.h>

#include "cpu.h"

#ifdef CONFIG_UML

/* Of the host's system calls (x86-64) and clocks. */
#define HOST_CLOCK_GETTIME 228
#define HOST_CLOCK_PROCESS 2

static int cpu_get(void *unused, u64 *ns)
{
	struct {
		s64 sec;
		s64 nsec;
	} now;
	long err;

	asm volatile("syscall"
		     : "=a"(err)
		     : "a"(HOST_CLOCK_GETTIME), "D"(HOST_CLOCK_PROCESS),
		       "S"(&now)
		     : "rcx", "r11", "memory");
	if (err)
		return err;
	*ns = now.sec * NSEC_PER_SEC + now.nsec;
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(cpu_fops, cpu_get, NULL, "%llu\n");

void bench_cpu_setup(struct dentry *dir)
{
	debugfs_create_file("cpu", 0400, dir, NULL, &cpu_fops);
}

#else

void bench_cpu_setup(struct dentry *dir)
{
}

#endif
