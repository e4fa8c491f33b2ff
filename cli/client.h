/* SPDX-License-Identifier: GPL-2.0-only */
/* Send a request to dnatd and read its answer; control.h has the protocol. */
#ifndef DNATCTL_CLIENT_H
#define DNATCTL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"

/* One line of an answer. */
struct answer {
	/*
	 * An object with the boolean "ok".  If that is false, it also has the
	 * object "error" with the string "msg".
	 */
	json_t *json;
	json_t *result;		/* in @json: the result or part of it, or NULL */
	bool more;		/* this is not the last line */
};

/* Set @err: dnatd has sent something unexpected.  Return: -EPROTO */
int answer_strange(struct err *err);

/* Return: 0, or -EREMOTEIO with dnatd's message if it refused the request */
int answer_check(const struct answer *answer, struct err *err);

/* The result, a new reference; NULL if the answer has more lines. */
json_t *answer_result(const struct answer *answer);

/* The string @key of @object, "" if there is none; valid as long as @object. */
const char *answer_text(const json_t *object, const char *key);

/**
 * typedef client_fn - called for each line of the answer
 * @answer: the line, freed after the call
 * @data: as given to client_call()
 *
 * Return: 0; or a negative errno, then client_call() stops and returns it
 */
typedef int client_fn(const struct answer *answer, void *data,
		      struct err *err);

/**
 * client_call - send a request and read the answer
 * @path: dnatd's control socket
 * @op: the operation
 * @args: its arguments; the reference stays the caller's
 * @fn: called for each line of the answer
 * @data: for @fn
 * @err: the message on failure
 *
 * Return: 0 after the last line, also if it is a refusal and @fn accepts that;
 *	else a negative errno
 */
int client_call(const char *path, const char *op, json_t *args, client_fn *fn,
		void *data, struct err *err);

/* The same without a time limit, for an answer that has no end (monitor). */
int client_follow(const char *path, const char *op, json_t *args,
		  client_fn *fn, void *data, struct err *err);

#endif
