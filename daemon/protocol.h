/* SPDX-License-Identifier: GPL-2.0-only */
/* One line of the control socket to one line of answer, see control.h. */
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
 *
 * Return: the answer with its newline, for the caller to free; NULL where
 *	memory is short
 */
char *protocol_answer(const char *line, size_t len, control_fn fn, void *data);

/* The answer that says no.  Return: as protocol_answer() */
char *protocol_refusal(int error, const struct err *err);

#endif
