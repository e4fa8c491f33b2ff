/* SPDX-License-Identifier: GPL-2.0-only */
/* One request to the daemon, and its answer; the protocol is in control.h. */
#ifndef DNATCTL_CLIENT_H
#define DNATCTL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#include "err.h"

/**
 * typedef client_fn - take one line of the answer
 * @answer: an object with "ok", a boolean, and where that is false with
 *	"error", an object that has the string "msg"
 * @more: it is not the last
 * @data: as given to client_call()
 *
 * Return: 0, or what client_call() shall return at once
 */
typedef int client_fn(const json_t *answer, bool more, void *data,
		      struct err *err);

/**
 * client_call - ask the daemon
 * @path: its control socket
 * @op: the operation
 * @args: its arguments; not taken over
 * @fn: takes the answer
 * @data: for @fn
 * @err: the sentence on failure
 *
 * Return: 0 when the daemon has answered, be it with a refusal; else a
 *	negative errno
 */
int client_call(const char *path, const char *op, json_t *args, client_fn *fn,
		void *data, struct err *err);

#endif
