/* SPDX-License-Identifier: GPL-2.0-only */
/* Convert the values of keywords from text and to text. */
#ifndef DNAT_VALUE_H
#define DNAT_VALUE_H

#include <jansson.h>

#include "common/err.h"
#include "lang/grammar.h"

/**
 * value_parse - read the value of a keyword
 * @arg: the keyword
 * @text: the value as typed
 * @value: result, which the caller frees
 *
 * Numbers and addresses must be such, because they are converted.  The daemon
 * checks all other values that it gets.
 *
 * Return: 0, -EINVAL, or -ENOMEM
 */
int value_parse(const struct arg *arg, const char *text, json_t **value,
		struct err *err);

#define VALUE_WORD_LEN 32

/**
 * value_word - the value of a keyword as it is typed
 * @value: from the daemon
 * @buf: buffer for numbers; VALUE_WORD_LEN bytes are enough
 *
 * Return: the text, in @buf or owned by @value; NULL if @value is neither a
 *	number nor a string
 */
const char *value_word(const json_t *value, char *buf, size_t len);

#endif
