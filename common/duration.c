// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/addr.h"
#include "common/duration.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define QUOTED_LEN 80

static const struct unit {
	const char *name;
	unsigned int ms;
} units[] = {
	{ "h", 3600000 },
	{ "m", 60000 },
	{ "s", 1000 },
	{ "ms", 1 },
};

static const struct unit *unit_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(units[i].name, name))
			return &units[i];
	return NULL;
}

int duration_parse(const char *text, const char *arg, unsigned int min,
		   unsigned int max, unsigned int *ms, struct err *err)
{
	char low[DURATION_TEXT_LEN], high[DURATION_TEXT_LEN];
	char quoted[QUOTED_LEN];
	const struct unit *unit;
	unsigned long long n = 0;
	const char *p;

	for (p = text; isdigit((unsigned char)*p); p++)
		if (n <= max)
			n = n * 10 + (unsigned int)(*p - '0');
	unit = p > text ? unit_find(*p ? p : "s") : NULL;
	if (!unit)
		return err_set(err, -EINVAL, arg,
			       "%s \"%s\" is not a time; use seconds, or a number with ms, s, m or h, such as 500ms",
			       arg, text_quote(text, quoted, sizeof(quoted)));
	n *= unit->ms;
	if (n < min || n > max)
		return err_set(err, -EINVAL, arg,
			       "%s \"%s\" is not a time from %s to %s", arg,
			       text_quote(text, quoted, sizeof(quoted)),
			       duration_text(min, low, sizeof(low)),
			       duration_text(max, high, sizeof(high)));
	*ms = (unsigned int)n;
	return 0;
}

const char *duration_text(unsigned int ms, char *buf, size_t len)
{
	const struct unit *unit = units;

	while (ms % unit->ms || (!ms && unit->ms > 1))
		unit++;
	snprintf(buf, len, "%u%s", ms / unit->ms, unit->name);
	return buf;
}
