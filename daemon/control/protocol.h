/* SPDX-License-Identifier: GPL-2.0-only */
/* Turn one line of the control socket into its answer, see control.h. */
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

/* Time limit for the rest of a line, and for any progress with an answer. */
#ifndef CONTROL_TIMEOUT_MS
#define CONTROL_TIMEOUT_MS 30000
#endif

/*
 * Time limit for a long line.  Each turn of the loop reads some KiB of it, and
 * turns take long while a thousand services change in the rules.
 */
#ifndef CONTROL_LONG_MS
#define CONTROL_LONG_MS 300000
#endif

/* Time limit for the next request, after the last answer is sent. */
#ifndef CONTROL_IDLE_MS
#define CONTROL_IDLE_MS 300000
#endif

/**
 * typedef control_fn - carry out one request
 * @op: the operation
 * @args: its arguments, an object
 * @peer: the client
 * @result: the answer on success, or the list of all errors on failure; a new
 *	reference, the caller's to free
 * @parts: instead of @result, an answer in parts, the caller's to free
 * @err: the error message on failure
 * @data: as given to control_new()
 *
 * Return: 0 or a negative errno
 */
typedef int (*control_fn)(const char *op, const json_t *args,
			  const struct peer *peer, json_t **result,
			  struct long_answer **parts, struct err *err,
			  void *data);

/**
 * typedef control_long_fn - carry out a CONTROL_LONG request, not yet parsed
 * @line: without its newline; freed by the callee
 * @len: bytes in @line
 * @parts: result, the answer in parts, the caller's to free
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
 * @fn: carries out the request
 * @peer: the client
 * @data: for @fn
 * @parts: result, NULL if the answer is complete; else an answer in parts for
 *	protocol_part()
 *
 * Return: the answer with its newline, the caller's to free; NULL if it comes
 *	in @parts, or when out of memory
 */
char *protocol_answer(const char *line, size_t len, control_fn fn,
		      const struct peer *peer, void *data,
		      struct long_answer **parts);

/**
 * protocol_parse - parse a line and check that it has op and args
 * @request: result, a new reference or NULL; the caller's to free, also after
 *	an error.  Missing args are added
 *
 * Return: 0 or a negative errno
 */
int protocol_parse(const char *line, size_t len, json_t **request,
		   struct err *err);

/**
 * protocol_part - make the next part of an answer in parts
 * @parts: freed and set to NULL when the answer is complete
 * @line: the unfinished line; all zeros at first, the caller's to free
 * @answer: result, a line as protocol_answer() returns it; NULL if the line is
 *	not finished.  NULL with @parts NULL: out of memory
 *
 * Return: false if no part is ready yet
 */
bool protocol_part(struct long_answer **parts, struct text *line,
		   char **answer);

/* Make the answer to a request that failed.  Return: as protocol_answer() */
char *protocol_refusal(int error, const struct err *err);

#endif
