/* SPDX-License-Identifier: GPL-2.0-only */
/* One line of the control socket to its answer, see control.h. */
#ifndef DNAT_PROTOCOL_H
#define DNAT_PROTOCOL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/long_answer.h"
#include "common/err.h"
#include "common/text.h"
#include "control/access.h"
#include "lang/conf.h"

#define CONTROL_LINE_MAX 65536
#define CONTROL_LONG "{\"op\":\"config.apply\","
#define CONTROL_LONG_MAX (CONF_MAX + 65536)

/* For the rest of a line that has begun, and for any progress with an answer. */
#ifndef CONTROL_TIMEOUT_MS
#define CONTROL_TIMEOUT_MS 30000
#endif

/*
 * For a long line, of which a turn of the loop takes some KiB: while a thousand
 * services change in the rules a turn takes long.
 */
#ifndef CONTROL_LONG_MS
#define CONTROL_LONG_MS 300000
#endif

/* For the next request, where no answer is on its way. */
#ifndef CONTROL_IDLE_MS
#define CONTROL_IDLE_MS 300000
#endif

/**
 * typedef control_fn - carry out one request
 * @op: the operation
 * @args: its arguments, an object
 * @peer: who asks
 * @result: answer on success, or the list of all errors on failure; the callee
 *	gives a new reference
 * @parts: or, instead of @result, an answer in parts; the callee gives it away
 * @err: the sentence on failure
 * @data: as given to control_new()
 *
 * Return: 0 or a negative errno
 */
typedef int (*control_fn)(const char *op, const json_t *args,
			  const struct peer *peer, json_t **result,
			  struct long_answer **parts, struct err *err,
			  void *data);

/**
 * typedef control_long_fn - carry out a request of CONTROL_LONG, not yet parsed
 * @line: without its newline; taken over
 * @len: bytes in @line
 * @parts: result, the answer in parts
 *
 * Return: 0 or a negative errno with @err set
 */
typedef int (*control_long_fn)(char *line, size_t len, const struct peer *peer,
			       struct long_answer **parts, struct err *err,
			       void *data);

/**
 * protocol_answer - carry out one request
 * @line: the request, without its newline
 * @len: bytes in @line
 * @fn: does what the request asks for
 * @peer: who asks
 * @data: for @fn
 * @parts: result, NULL where the answer is complete; else it is to be had from
 *	protocol_part()
 *
 * Return: the answer with its newline, for the caller to free; NULL where
 *	memory is short, and where it comes in @parts
 */
char *protocol_answer(const char *line, size_t len, control_fn fn,
		      const struct peer *peer, void *data,
		      struct long_answer **parts);

/**
 * protocol_parse - a line to its request, which has op and args
 * @request: result, the caller's to free, also where this fails; or NULL
 *
 * Return: 0 or a negative errno
 */
int protocol_parse(const char *line, size_t len, json_t **request,
		   struct err *err);

/**
 * protocol_part - the next part of an answer in parts
 * @parts: freed, and NULL, once the answer is complete
 * @line: what there is of the next line; all zeros at first, the caller's to free
 * @answer: result, the line as protocol_answer() gives it; NULL where it is not
 *	complete, and with @parts where memory is short
 *
 * Return: false where there is no part yet
 */
bool protocol_part(struct long_answer **parts, struct text *line,
		   char **answer);

/* The answer that says no.  Return: as protocol_answer() */
char *protocol_refusal(int error, const struct err *err);

#endif
