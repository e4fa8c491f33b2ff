/* SPDX-License-Identifier: GPL-2.0-only */
/* Convert the values of keywords from text and to text. */
#ifndef DNAT_VALUE_H
#define DNAT_VALUE_H

#include <jansson.h>

#include "common/err.h"
#include "lang/grammar.h"

/**
 * value_parse - read and check the value of a keyword
 * @arg: the keyword
 * @text: the value as typed
 * @value: result, which the caller frees
 *
 * The value is checked as far as possible without the daemon.
 *
 * Return: 0, -EINVAL, or -ENOMEM
 */
int value_parse(const struct arg *arg, const char *text, json_t **value,
		struct err *err);

#define ARG_TEXT_LEN 32

/**
 * arg_text - the value of a keyword as text
 * @arg: the keyword
 * @value: a value of the type that value_parse() returns
 * @buf: buffer for numbers; ARG_TEXT_LEN bytes are enough
 *
 * Return: the text, in @buf or owned by @value; NULL if @value has the wrong
 *	type
 */
const char *arg_text(const struct arg *arg, const json_t *value, char *buf,
		     size_t len);

#endif
