// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "common/addr.h"
#include "common/duration.h"
#include "lang/value.h"

#define QUOTED_LEN 80
#define INTERVAL_MIN 100U		/* milliseconds */
#define INTERVAL_MAX (24 * 3600 * 1000U)
#define TIME_MAX (1000 * 3600 * 1000U)	/* milliseconds */
#define COUNT_MAX 100

static int dev_check(const char *text, const char *arg, struct err *err)
{
	char quoted[QUOTED_LEN];
	const char *p;

	for (p = text; *p > ' ' && *p < 0x7f && *p != '/' && *p != ':'; p++)
		;
	if (p == text || *p || p - text >= IFNAMSIZ)
		return err_set(err, -EINVAL, arg,
			       "%s \"%s\" is not an interface name; see \"ip link\" for the names",
			       arg, text_quote(text, quoted, sizeof(quoted)));
	return 0;
}

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

static int word_check(const char *words, const char *text, const char *arg,
		      struct err *err)
{
	char quoted[QUOTED_LEN];

	if (grammar_word(words, text))
		return 0;
	return err_set(err, -EINVAL, arg, "%s \"%s\" is not known; use %s",
		       arg, text_quote(text, quoted, sizeof(quoted)), words);
}

/* @text: replaced by the state in the spelling of connection show */
static int state_check(const char **text, const char *arg, struct err *err)
{
	char quoted[QUOTED_LEN];

	for (size_t i = 0; grammar_states[i]; i++) {
		if (strcasecmp(grammar_states[i], *text))
			continue;
		*text = grammar_states[i];
		return 0;
	}
	return err_set(err, -EINVAL, arg,
		       "%s \"%s\" is not known; use open, half-open, closed, or one that \"connection show\" prints, such as ESTABLISHED",
		       arg, text_quote(*text, quoted, sizeof(quoted)));
}

int value_parse(const struct arg *arg, const char *text, json_t **value,
		struct err *err)
{
	char buf[INET6_ADDRSTRLEN];
	unsigned int number;
	uint16_t min, max;
	struct addr addr;
	int ret = -EINVAL;

	*value = NULL;
	switch (arg->type) {
	case VALUE_NAME:
		ret = name_check(text, arg->name, err);
		break;
	case VALUE_DEV:
		ret = dev_check(text, arg->name, err);
		break;
	case VALUE_WORD:
		ret = word_check(arg->value, text, arg->name, err);
		break;
	case VALUE_STATE:
		ret = state_check(&text, arg->name, err);
		break;
	case VALUE_ADDR:
		ret = addr_parse(text, arg->name, &addr, err);
		if (!ret)
			text = addr_text(&addr, buf, sizeof(buf));
		break;
	case VALUE_PORT:
		ret = uint_parse(text, arg->name, 1, 65535, &number, err);
		break;
	case VALUE_RANGE:
		ret = range_parse(text, arg->name, &min, &max, err);
		break;
	case VALUE_WEIGHT:
		ret = uint_parse(text, arg->name, 0, WEIGHT_MAX, &number, err);
		break;
	case VALUE_FILE:
		ret = *text ? 0 : err_set(err, -EINVAL, arg->name,
					  "%s needs the name of a file",
					  arg->name);
		break;
	case VALUE_FLAG:
		ret = 0;
		break;
	case VALUE_TIME:
		ret = duration_parse(text, arg->name, 0, TIME_MAX, &number,
				     err);
		break;
	case VALUE_COUNT:
		ret = uint_parse(text, arg->name, 1, COUNT_MAX, &number, err);
		break;
	case VALUE_TEXT:
		ret = text_check(text, arg->name, err);
		break;
	case VALUE_INTERVAL:
		ret = duration_parse(text, arg->name, INTERVAL_MIN,
				     INTERVAL_MAX, &number, err);
		break;
	}
	if (ret)
		return ret;

	if (arg->type == VALUE_PORT || arg->type == VALUE_WEIGHT ||
	    arg->type == VALUE_COUNT || arg->type == VALUE_INTERVAL)
		*value = json_integer(number);
	else if (arg->type == VALUE_FLAG)
		*value = json_true();
	else if (arg->type == VALUE_FILE)
		*value = json_string_nocheck(text);
	else
		*value = json_string(text);
	return *value ? 0 : err_no_memory(err);
}

const char *arg_text(const struct arg *arg, const json_t *value, char *buf,
		     size_t len)
{
	switch (arg->type) {
	case VALUE_PORT:
	case VALUE_WEIGHT:
	case VALUE_COUNT:
		if (!json_is_integer(value))
			return NULL;
		snprintf(buf, len, "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		return buf;
	case VALUE_NAME:
	case VALUE_ADDR:
	case VALUE_RANGE:
	case VALUE_WORD:
	case VALUE_DEV:
	case VALUE_TIME:
	case VALUE_TEXT:
		return json_string_value(value);
	case VALUE_STATE:
	case VALUE_INTERVAL:
	case VALUE_FILE:
	case VALUE_FLAG:
		break;
	}
	return NULL;
}
