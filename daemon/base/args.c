// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "base/args.h"
#include "common/addr.h"

static const char *type_text(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "an integer";
	case JSON_REAL:
		return "a fraction";
	case JSON_NULL:
		return "null";
	default:
		return "a truth value";
	}
}

static bool type_fits(enum arg_type type, const json_t *value)
{
	switch (type) {
	case ARG_STRING:
		return json_is_string(value);
	case ARG_STRING_OR_NULL:
		return json_is_string(value) || json_is_null(value);
	case ARG_INTEGER:
		return json_is_integer(value);
	case ARG_ARRAY:
		return json_is_array(value);
	case ARG_OBJECT:
		return json_is_object(value);
	case ARG_BOOLEAN:
		return json_is_boolean(value);
	}
	return false;
}

static const char *const wanted[] = {
	[ARG_STRING] = "a string",
	[ARG_STRING_OR_NULL] = "a string or null",
	[ARG_INTEGER] = "an integer",
	[ARG_ARRAY] = "an array",
	[ARG_OBJECT] = "an object",
	[ARG_BOOLEAN] = "a truth value",
};

static const struct arg_spec *spec_find(const struct arg_spec *spec, size_t n,
					const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(spec[i].name, name))
			return &spec[i];
	return NULL;
}

int args_check(const json_t *args, const struct arg_spec *spec, size_t n,
	       struct err *err)
{
	const char *name;
	json_t *value;
	size_t i;

	json_object_foreach((json_t *)args, name, value) {
		const struct arg_spec *arg = spec_find(spec, n, name);
		char quoted[64];

		if (!arg) {
			text_quote(name, quoted, sizeof(quoted));
			return err_set(err, -EINVAL, quoted,
				       "argument \"%s\" is not known here; leave it out",
				       quoted);
		}
		if (!type_fits(arg->type, value))
			return err_set(err, -EINVAL, arg->name,
				       "%s must be %s, not %s", arg->name,
				       wanted[arg->type], type_text(value));
	}

	for (i = 0; i < n; i++)
		if (spec[i].required && !json_object_get(args, spec[i].name))
			return err_set(err, -EINVAL, spec[i].name,
				       "%s is missing; give it", spec[i].name);
	return 0;
}

const char *args_string(const json_t *args, const char *name)
{
	return json_string_value(json_object_get(args, name));
}

int args_word(const json_t *args, const char *name, const char *const words[],
	      size_t n, const char *list, size_t *index, struct err *err)
{
	const char *text = args_string(args, name);
	char quoted[80];

	if (!text)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (words[i] && !strcmp(text, words[i])) {
			*index = i;
			return 0;
		}
	}
	return err_set(err, -EINVAL, name, "%s \"%s\" is not known; use %s",
		       name, text_quote(text, quoted, sizeof(quoted)), list);
}

int args_switch(const json_t *args, const char *name, bool *on,
		struct err *err)
{
	static const char *const words[] = { "off", "on" };
	size_t index = *on;
	int ret = args_word(args, name, words, 2, "on or off", &index, err);

	*on = index;
	return ret;
}

int args_uint(const json_t *args, const char *name, unsigned int min,
	      unsigned int max, unsigned int *value, struct err *err)
{
	const json_t *arg = json_object_get(args, name);
	json_int_t n = json_integer_value(arg);

	if (!arg)
		return 0;
	if (n < min || n > max)
		return err_set(err, -EINVAL, name,
			       "%s %" JSON_INTEGER_FORMAT
			       " is not a number from %u to %u",
			       name, n, min, max);
	*value = (unsigned int)n;
	return 0;
}
