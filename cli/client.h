/* SPDX-License-Identifier: GPL-2.0-only */
/* One request to the daemon, one answer; the protocol is in control.h. */
#ifndef DNATCTL_CLIENT_H
#define DNATCTL_CLIENT_H

#include <jansson.h>

#include "err.h"

/**
 * client_call - ask the daemon
 * @path: its control socket
 * @op: the operation
 * @args: its arguments; not taken over
 * @answer: result, the caller's to drop: an object with "ok", a boolean, and
 *	where that is false with "error", an object that has the string "msg"
 * @err: the sentence on failure
 *
 * Return: 0 when the daemon has answered, be it with a refusal; else a
 *	negative errno
 */
int client_call(const char *path, const char *op, json_t *args,
		json_t **answer, struct err *err);

#endif
