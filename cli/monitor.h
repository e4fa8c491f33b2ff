/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens, as it happens. */
#ifndef DNATCTL_MONITOR_H
#define DNATCTL_MONITOR_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/client.h"
#include "common/err.h"

struct monitor {
	FILE *out;
	bool json;
	bool pretty;
};

/**
 * monitor_print - a client_fn: print each event of a part, and send them off
 * @answer: the part
 * @data: the struct monitor
 *
 * Return: 0, -EPIPE where they cannot be written, -EPROTO, or -ENOMEM
 */
int monitor_print(const struct answer *answer, void *data, struct err *err);

#endif
