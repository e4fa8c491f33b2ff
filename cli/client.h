/* SPDX-License-Identifier: GPL-2.0-only */
/* One request to the daemon, and its answer; the protocol is in control.h. */
#ifndef DNATCTL_CLIENT_H
#define DNATCTL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"

/* One line of an answer. */
struct answer {
	/*
	 * An object with "ok", a boolean, and where that is false with
	 * "error", an object that has the string "msg".
	 */
	json_t *json;
	bool more;		/* it is not the last */
};

/* Say in @err that it is none.  Return: -EPROTO */
int answer_strange(struct err *err);

/* Is the answer a refusal?  Then @err is its sentence. */
bool answer_refused(const struct answer *answer, struct err *err);

/* The result that the line has, or its part of it; NULL where there is none. */
json_t *answer_part(const struct answer *answer);

/* The same of an answer that is one line. */
json_t *answer_result(const struct answer *answer);

/* The string @key of an object in an answer; "" where there is none. */
const char *answer_text(const json_t *object, const char *key);

/**
 * typedef client_fn - take one line of the answer
 * @answer: the line
 * @data: as given to client_call()
 *
 * Return: 0, or what client_call() shall return at once
 */
typedef int client_fn(const struct answer *answer, void *data,
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

/* The same, for an answer without end: a part comes when something happens. */
int client_follow(const char *path, const char *op, json_t *args,
		  client_fn *fn, void *data, struct err *err);

#endif
