/* SPDX-License-Identifier: GPL-2.0-only */
/* Read a JSON object: a request's arguments or an entry of the state file. */
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
 * args_check - check the names and types of all arguments
 * @args: an object
 * @spec: the known arguments
 * @n: number of entries in @spec
 *
 * An argument that is not in @spec is an error.  So is a missing one that is
 * required.
 *
 * Return: 0 or -EINVAL with @err set
 */
int args_check(const json_t *args, const struct arg_spec *spec, size_t n,
	       struct err *err);

/* The text of a string argument, owned by @args; NULL if absent or null. */
const char *args_string(const json_t *args, const char *name);

/**
 * args_word - read a string argument that must be one of @words
 * @words: array of @n words; entries that are NULL are skipped
 * @list: the words for the error message, such as "rr or wrr"
 * @index: result, index in @words; unchanged if the argument is absent
 *
 * Return: 0 or -EINVAL with @err set
 */
int args_word(const json_t *args, const char *name, const char *const words[],
	      size_t n, const char *list, size_t *index, struct err *err);

/* args_word() for "on" and "off".  @on is unchanged if it is absent. */
int args_switch(const json_t *args, const char *name, bool *on,
		struct err *err);

/**
 * args_uint - read an integer argument from @min to @max
 * @value: result; unchanged if the argument is absent
 *
 * Return: 0 or -EINVAL with @err set
 */
int args_uint(const json_t *args, const char *name, unsigned int min,
	      unsigned int max, unsigned int *value, struct err *err);

#endif
