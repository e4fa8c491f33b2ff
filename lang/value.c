// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "common/addr.h"
#include "common/duration.h"
#include "lang/value.h"

#define QUOTED_LEN 80
#define INTERVAL_MIN 100U		/* milliseconds */
#define INTERVAL_MAX (24 * 3600 * 1000U)
#define COUNT_MAX 100

/* Only what goes into JSON; the daemon checks the rest. */
static int text_check(const char *text, const char *arg, struct err *err)
{
	char quoted[QUOTED_LEN];

	for (const char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			return err_set(err, -EINVAL, arg,
				       "%s \"%s\" may have printable ASCII only",
				       arg,
				       text_quote(text, quoted, sizeof(quoted)));
	return 0;
}

int value_parse(const struct arg *arg, const char *text, json_t **value,
		struct err *err)
{
	char buf[INET6_ADDRSTRLEN];
	unsigned int number = 0;
	struct addr addr;
	int ret = 0;

	*value = NULL;
	switch (arg->type) {
	case VALUE_ADDR:
		ret = addr_parse(text, arg->name, &addr, err);
		if (!ret)
			text = addr_text(&addr, buf, sizeof(buf));
		break;
	case VALUE_PORT:
		ret = uint_parse(text, arg->name, 1, 65535, &number, err);
		break;
	case VALUE_WEIGHT:
		ret = uint_parse(text, arg->name, 0, WEIGHT_MAX, &number, err);
		break;
	case VALUE_COUNT:
		ret = uint_parse(text, arg->name, 1, COUNT_MAX, &number, err);
		break;
	case VALUE_INTERVAL:
		ret = duration_parse(text, arg->name, INTERVAL_MIN,
				     INTERVAL_MAX, &number, err);
		break;
	case VALUE_FILE:
		if (!*text)
			ret = err_set(err, -EINVAL, arg->name,
				      "%s needs the name of a file", arg->name);
		break;
	case VALUE_FLAG:
		break;
	default:
		ret = text_check(text, arg->name, err);
	}
	if (ret)
		return ret;

	if (arg->type == VALUE_PORT || arg->type == VALUE_WEIGHT ||
	    arg->type == VALUE_COUNT || arg->type == VALUE_INTERVAL)
		*value = json_integer(number);
	else if (arg->type == VALUE_FLAG)
		*value = json_true();
	else
		*value = json_string_nocheck(text);
	return *value ? 0 : err_no_memory(err);
}

const char *value_word(const json_t *value, char *buf, size_t len)
{
	if (!json_is_integer(value))
		return json_string_value(value);
	snprintf(buf, len, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return buf;
}
