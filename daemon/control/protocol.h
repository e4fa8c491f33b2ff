/* SPDX-License-Identifier: GPL-2.0-only */
/* One line of the control socket to its answer, see control.h. */
#ifndef DNAT_PROTOCOL_H
#define DNAT_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/text.h"
#include "control/control.h"

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
		      struct parts **parts);

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
bool protocol_part(struct parts **parts, struct text *line, char **answer);

/* The answer that says no.  Return: as protocol_answer() */
char *protocol_refusal(int error, const struct err *err);

#endif
