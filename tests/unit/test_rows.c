// SPDX-License-Identifier: GPL-2.0-only
/* Which answers are read row by row, and what is read. */
#include "cli/rows.h"
#include "unit.h"

static struct rows rows;
static bool more;

static bool found(const char *line)
{
	return rows_find(line, strlen(line), &rows, &more);
}

static bool row_found(const char *row)
{
	char line[1000];

	snprintf(line, sizeof(line), "{\"ok\":true,\"result\":[%s]}", row);
	return found(line);
}

static void check_field(const struct field *field, const char *key,
			const char *value)
{
	char text[100];

	snprintf(text, sizeof(text), "%.*s", (int)field->key_len, field->key);
	CHECK_STR(text, key);
	snprintf(text, sizeof(text), "%.*s", (int)field->value_len,
		 field->value);
	CHECK_STR(text, value);
}

static void test_lines(void)
{
	static const char *const others[] = {
		"", "{}", "[]", "{\"ok\":true,\"result\":null}",
		"{\"ok\":false,\"error\":{\"msg\":\"x\"}}",
		"{\"ok\": true,\"result\":[]}",
		"{\"ok\":true,\"more\":true,\"result\":[]}",
		"{\"ok\":true,\"result\":[],\"more\":false}",
		"{\"ok\":true,\"result\":[]} ", "{\"ok\":true,\"result\":[}",
		"{\"ok\":true,\"result\":[{\"a\":1}],\"more\":tru",
	};

	CHECK(found("{\"ok\":true,\"result\":[]}"));
	CHECK(!more && rows.at == rows.end);
	CHECK(found("{\"ok\":true,\"result\":[],\"more\":true}"));
	CHECK(more && rows.at == rows.end);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (found(others[i]))
			CHECK_STR(others[i], "left to the library");
}

static void test_rows(void)
{
	static const char *const others[] = {
		"1", "\"a\"", "[]", "{}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
		"{\"a\":1},", ",{\"a\":1}", "{\"a\":1}{\"a\":1}",
		"{\"a\":1} ", "{\"a\": 1}", "{a:1}", "{\"a\":1", "{\"a\":\"",
		"{\"a\":{\"b\":1}}", "{\"a\":[1]}", "{\"a\":nul}",
		"{\"a\":01}", "{\"a\":-0}", "{\"a\":-}", "{\"a\":+1}",
		"{\"a\":1.0}", "{\"a\":1e3}", "{\"a\":1234567890123456789}",
		"{\"a\":\"\\n\"}", "{\"a\":\"\n\"}", "{\"a\":\"\x7f\"}",
		"{\"a\":\"\xc3\xa4\"}", "{\"a\x1b\":1}",
	};
	static const char wide[] =
		"{\"a\":1,\"a\":1,\"a\":1,\"a\":1,\"a\":1,\"a\":1,\"a\":1,\"a\":1,"
		"\"a\":1,\"a\":1,\"a\":1,\"a\":1,\"a\":1,\"a\":1,\"a\":1,\"a\":1,"
		"\"a\":1}";
	struct row row;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (row_found(others[i]))
			CHECK_STR(others[i], "left to the library");
	CHECK(!row_found(wide));

	NEED(found("{\"ok\":true,\"result\":[{\"a\":\"x y\",\"bc\":null},"
		   "{\"\":-12},{\"t\":true,\"f\":false,\"z\":0}]}"));
	NEED(rows_next(&rows, &row));
	CHECK_INT(row.n, 2);
	check_field(&row.fields[0], "a", "\"x y\"");
	check_field(&row.fields[1], "bc", "null");
	NEED(rows_next(&rows, &row));
	CHECK_INT(row.n, 1);
	check_field(&row.fields[0], "", "-12");
	NEED(rows_next(&rows, &row));
	CHECK_INT(row.n, 3);
	check_field(&row.fields[0], "t", "true");
	check_field(&row.fields[1], "f", "false");
	check_field(&row.fields[2], "z", "0");
	CHECK(!rows_next(&rows, &row));
	CHECK(!rows_next(&rows, &row));
}

int main(void)
{
	test_lines();
	test_rows();
	return unit_result();
}
