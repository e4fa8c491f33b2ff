/* SPDX-License-Identifier: GPL-2.0-only */
/* The resources that dnatd's process uses. */
#ifndef DNAT_PROCESS_H
#define DNAT_PROCESS_H

#include <stdint.h>

struct process {
	double cpu;		/* seconds */
	double started;		/* seconds since 1970 */
	uint64_t resident;	/* bytes */
	uint64_t virtual;	/* bytes */
	uint64_t open_fds;
	uint64_t max_fds;
};

/**
 * process_read - read the resources of this process
 * @proc: where procfs is mounted
 *
 * Return: 0 or a negative errno
 */
int process_read(const char *proc, struct process *process);

#endif
