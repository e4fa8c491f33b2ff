/* SPDX-License-Identifier: GPL-2.0-only */
/* The arguments of a request or an entry of the state file: a JSON object. */
#ifndef DNAT_ARGS_H
#define DNAT_ARGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum arg_type {
	ARG_STRING,
	ARG_STRING_OR_NULL,
	ARG_INTEGER,
	ARG_ARRAY,
	ARG_OBJECT,
	ARG_BOOLEAN,
};

struct arg_spec {
	const char *name;
	enum arg_type type;
	bool required;
};

/**
 * args_check - only the arguments in @spec, of the right types, none missing
 * @args: an object
 * @spec: the arguments that may be there
 * @n: how many
 *
 * Return: 0 or -EINVAL
 */
int args_check(const json_t *args, const struct arg_spec *spec, size_t n,
	       struct err *err);

/* A string argument; NULL where it was left out or is null. */
const char *args_string(const json_t *args, const char *name);

/**
 * args_word - a string argument that is one of some words
 * @words: @n of them; one that is NULL is none
 * @list: they as an error names them, such as "rr or wrr"
 * @index: result, which it is; left as it is when the argument is not there
 *
 * Return: 0 or -EINVAL
 */
int args_word(const json_t *args, const char *name, const char *const words[],
	      size_t n, const char *list, size_t *index, struct err *err);

/* The same for "on" and "off". */
int args_switch(const json_t *args, const char *name, bool *on,
		struct err *err);

/**
 * args_uint - an integer argument between @min and @max
 * @value: result; left as it is when the argument is not there
 *
 * Return: 0 or -EINVAL
 */
int args_uint(const json_t *args, const char *name, unsigned int min,
	      unsigned int max, unsigned int *value, struct err *err);

#endif
