/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon asked again and again, and shown on a terminal: dnatctl top. */
#ifndef DNATCTL_WATCH_H
#define DNATCTL_WATCH_H

#include <stdbool.h>

#include "common/err.h"

/**
 * watch - show rates until somebody quits
 * @path: the daemon's control socket
 * @interval: milliseconds between two answers
 * @refused: result, on failure: the daemon has answered
 * @err: the sentence on failure
 *
 * A daemon that goes away later is waited for.
 *
 * Return: 0, or a negative errno where there is no terminal, or no answer to
 *	begin with
 */
int watch(const char *path, unsigned int interval, bool *refused,
	  struct err *err);

#endif
