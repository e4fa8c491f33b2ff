/* SPDX-License-Identifier: GPL-2.0-only */
/* The values of keywords, from what is typed and back. */
#ifndef DNAT_VALUE_H
#define DNAT_VALUE_H

#include <jansson.h>

#include "common/err.h"
#include "lang/grammar.h"

/**
 * value_parse - read a value as far as that is possible without the daemon
 * @arg: whose value
 * @text: as it is typed
 * @value: result, the caller's to drop
 *
 * Return: 0, -EINVAL, or -ENOMEM
 */
int value_parse(const struct arg *arg, const char *text, json_t **value,
		struct err *err);

#define ARG_TEXT_LEN 32

/**
 * arg_text - the value of a keyword as it is typed
 * @value: as value_parse() makes it
 * @buf: may hold the text, ARG_TEXT_LEN bytes do
 *
 * Return: NULL where @value is not what the keyword takes
 */
const char *arg_text(const struct arg *arg, const json_t *value, char *buf,
		     size_t len);

#endif
