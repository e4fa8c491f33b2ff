/* SPDX-License-Identifier: GPL-2.0-only */
/* One line of the control socket to its answer, see control.h. */
#ifndef DNAT_PROTOCOL_H
#define DNAT_PROTOCOL_H

#include <stddef.h>

#include "control.h"
#include "err.h"

/**
 * protocol_answer - carry out one request
 * @line: the request, without its newline
 * @len: bytes in @line
 * @fn: does what the request asks for
 * @data: for @fn
 * @parts: result, NULL where the answer is complete; else the rest of it, for
 *	protocol_part()
 *
 * Return: the answer with its newline, for the caller to free; NULL where
 *	memory is short
 */
char *protocol_answer(const char *line, size_t len, control_fn fn, void *data,
		      struct parts **parts);

/**
 * protocol_part - the next line of an answer in parts
 * @parts: freed, and NULL, once the answer is complete
 *
 * Return: as protocol_answer()
 */
char *protocol_part(struct parts **parts);

/* The answer that says no.  Return: as protocol_answer() */
char *protocol_refusal(int error, const struct err *err);

#endif
