// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "cli/rows.h"

#define DIGITS_MAX 18		/* fits every integer type that could hold it */

static bool take(const char **at, const char *end, const char *text, size_t len)
{
	if ((size_t)(end - *at) < len || memcmp(*at, text, len))
		return false;
	*at += len;
	return true;
}

/* Without escapes, and without what may not go to a terminal. */
static bool take_string(const char **at, const char *end)
{
	const char *p = *at;

	if (p == end || *p != '"')
		return false;
	for (p++; p < end && *p >= ' ' && *p <= '~' && *p != '\\'; p++) {
		if (*p == '"') {
			*at = p + 1;
			return true;
		}
	}
	return false;
}

static bool take_integer(const char **at, const char *end)
{
	const char *first = *at;
	const char *p;

	if (first < end && *first == '-')
		first++;
	for (p = first; p < end && *p >= '0' && *p <= '9'; p++)
		;
	if (p == first || p - first > DIGITS_MAX ||
	    (*first == '0' && p - *at > 1))
		return false;
	*at = p;
	return true;
}

static bool take_value(const char **at, const char *end)
{
	return take_string(at, end) || take_integer(at, end) ||
	       take(at, end, "null", 4) || take(at, end, "true", 4) ||
	       take(at, end, "false", 5);
}

static bool take_field(const char **at, const char *end, struct field *field)
{
	field->key = *at + 1;
	if (!take_string(at, end))
		return false;
	field->key_len = (size_t)(*at - field->key) - 1;
	if (!take(at, end, ":", 1))
		return false;
	field->value = *at;
	if (!take_value(at, end))
		return false;
	field->value_len = (size_t)(*at - field->value);
	return true;
}

static bool take_row(const char **at, const char *end, struct row *row)
{
	row->n = 0;
	if (!take(at, end, "{", 1))
		return false;
	do {
		if (row->n == ROW_FIELDS_MAX ||
		    !take_field(at, end, &row->fields[row->n++]))
			return false;
	} while (take(at, end, ",", 1));
	return take(at, end, "}", 1);
}

bool rows_next(struct rows *rows, struct row *row)
{
	const char *at = rows->at;

	if (!take_row(&at, rows->end, row))
		return false;
	/* A comma that nothing follows stays, and is no row. */
	if (rows->end - at > 1 && !take(&at, rows->end, ",", 1))
		return false;
	rows->at = at;
	return true;
}

static bool take_end(const char *begin, const char **end, const char *text,
		     size_t len)
{
	if ((size_t)(*end - begin) < len || memcmp(*end - len, text, len))
		return false;
	*end -= len;
	return true;
}

bool rows_find(const char *line, size_t len, struct rows *rows, bool *more)
{
	static const char begin[] = "{\"ok\":true,\"result\":[";
	static const char go_on[] = "],\"more\":true}";
	struct row row;
	struct rows all;

	all.at = line;
	all.end = line + len;
	if (!take(&all.at, all.end, begin, strlen(begin)))
		return false;
	*more = take_end(all.at, &all.end, go_on, strlen(go_on));
	if (!*more && !take_end(all.at, &all.end, "]}", 2))
		return false;
	*rows = all;
	while (rows_next(&all, &row))
		;
	return all.at == all.end;
}
