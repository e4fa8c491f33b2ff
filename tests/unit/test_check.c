// SPDX-License-Identifier: GPL-2.0-only
/* What a check may ask for, and how it is shown again. */
#include "model/check.h"
#include "unit.h"

static struct err err;

/* Return: argument @arg of a check that is set to @value, as it is shown; or the error */
static const char *shown(const char *type, const char *arg, const char *value)
{
	static char text[sizeof(err.msg)];
	json_t *args = json_pack("{s:s, s:s}", "check", type, arg, value);
	json_t *service = json_object();
	struct check check;
	const char *is;

	check_init(&check);
	NEED(args && service);
	if (check_set(&check, args, &err)) {
		snprintf(text, sizeof(text), "%s", err.msg);
	} else {
		NEED(!check_to_json(&check, service));
		is = json_string_value(json_object_get(service, arg));
		snprintf(text, sizeof(text), "%s", is ? is : "not shown");
	}
	json_decref(args);
	json_decref(service);
	return text;
}

static const char *status(const char *value)
{
	const char *text = shown("http", "http-status", value);

	return strstr(text, "is not a status") ? "refused" : text;
}

static void test_status(void)
{
	static const char *const wrong[] = {
		"", ",", "200,", ",200", "200,,204", "99", "600", "204-200",
		"200-", "-200", "2000", "200 ", "200, 204", "200-600", "2x0",
		"200,201,202,203,204,205,206,207,208",
		"200,201,202,203,204,205,206,207,",
	};

	CHECK_STR(status("200"), "200");
	CHECK_STR(status("100-599"), "100-599");
	CHECK_STR(status("200,204"), "200,204");
	CHECK_STR(status("200-299,401,404-404"), "200-299,401,404");
	CHECK_STR(status("200-201,202-203,204-205,206-207,300-301,302-303,304-305,306-599"),
		  "200-201,202-203,204-205,206-207,300-301,302-303,304-305,306-599");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_STR(status(wrong[i]), "refused");
	CHECK_STR(shown("tcp", "http-status", "200"),
		  "http-status says nothing to check tcp; add \"check http\" or leave it out");
}

static void test_fits(void)
{
	const struct check check = {
		.statuses = { { 200, 204 }, { 301, 301 } },
	};
	const struct check all = {
		.statuses = { { 1, 1 }, { 2, 2 }, { 3, 3 }, { 4, 4 }, { 5, 5 },
			      { 6, 6 }, { 7, 7 }, { 8, 8 } },
	};

	CHECK(check_status_fits(&check, 200) && check_status_fits(&check, 204));
	CHECK(check_status_fits(&check, 301));
	CHECK(!check_status_fits(&check, 199) && !check_status_fits(&check, 205));
	CHECK(!check_status_fits(&check, 302) && !check_status_fits(&check, 0));
	CHECK(check_status_fits(&all, 8) && !check_status_fits(&all, 9));
}

static void test_source(void)
{
	CHECK_STR(shown("tcp", "check-source", "vip"), "vip");
	CHECK_STR(shown("dns", "check-source", "vip"), "check dns needs a name to ask for; add \"dns-name NAME\"");
	CHECK_STR(shown("https", "check-source", "own"), "not shown");
	CHECK_STR(shown("http", "check-source", "lo"), "check-source \"lo\" is not known; use own or vip");
	CHECK_STR(shown("exec", "check-source", "vip"), "check-source says nothing to check exec; add \"check tcp\" or leave it out");
}

int main(void)
{
	test_source();
	test_status();
	test_fits();
	return unit_result();
}
