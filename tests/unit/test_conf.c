// SPDX-License-Identifier: GPL-2.0-only
/* A configuration's lines and JSON: to words, to JSON and back, and whose line is at fault. */
#include "lang/conf.h"
#include "lang/lines.h"
#include "unit.h"

static struct err err;

/* The words of @text's lines, in <> each, and "!LINE" for a line at fault. */
static const char *words(const char *text, size_t len)
{
	static char got[2048];
	char *copy = malloc(len + 1);
	struct lines lines;
	size_t used = 0;
	int ret;

	NEED(copy);
	memcpy(copy, text, len);
	got[0] = '\0';
	lines_init(&lines, copy, len);
	while ((ret = lines_next(&lines, &err))) {
		used += (size_t)snprintf(got + used, sizeof(got) - used,
					 "%s%u:", ret < 0 ? "!" : "",
					 lines.line);
		for (int i = 0; ret > 0 && i < lines.n; i++)
			used += (size_t)snprintf(got + used, sizeof(got) - used,
						 "<%s>", lines.words[i]);
	}
	free(copy);
	return got;
}

static void test_words(void)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "", "" },
		{ "\n\n  \t\r\n", "" },
		{ "# a b\n#\n  # 'c\n", "" },
		{ "a b", "1:<a><b>" },
		{ " a\tb \r\n\nc\n", "1:<a><b>3:<c>" },
		{ "a # b\nc#d e\n", "1:<a>2:<c#d><e>" },
		{ "# a \\\nb\n", "2:<b>" },
		{ "a \\\n b\\\nc\nd", "1:<a><b><c>4:<d>" },
		{ "\\\n\\\na\nb", "3:<a>4:<b>" },
		{ "'a b' 'c'd'e' \"f g\"h ''", "1:<a b><cde><f gh><>" },
		{ "'a\\b\"' \"a'\\\"\\\\\\c\" a\\ b \\# \\'", "1:<a\\b\"><a'\"\\\\c><a b><#><'>" },
		{ "a 'b\nc' d\n", "!1:!2:" },
		{ "\"\\", "!1:" },
		{ "a\\", "1:<a\\>" },
		{ "a b\n\"", "1:<a><b>!2:" },
	};
	char many[400] = "";

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_STR(words(cases[i].text, strlen(cases[i].text)),
			  cases[i].wanted);
	CHECK_STR(words("a\0b\nc\n", 6), "!1:2:<c>");
	CHECK(strstr(err.msg, "byte of 0"));
	CHECK_STR(words("'\0'", 3), "!1:");
	for (int i = 0; i < LINE_WORDS_MAX; i++)
		strcat(many, "x ");
	CHECK(!strchr(words(many, strlen(many)), '!'));
	strcat(many, "x\ny");
	CHECK_STR(words(many, strlen(many)), "!1:2:<y>");
}

/* What is written is read as the same words. */
static void test_put(void)
{
	static const char *const all[] = {
		"plain", "10.1.0.11", "2001:db8::1", "1-65535", "/a/b?c=d", "",
		"two words", "it's", "'", "''", "#x", "a#", "a\\b", "\"", "$HOME",
		"a;b", "tab\there", "\\", "*", "~",
	};
	char wanted[512] = "1:", *at = wanted + 2;
	struct text text = { 0 };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		CHECK_INT(lines_put(&text, all[i]), 0);
		at += sprintf(at, "<%s>", all[i]);
	}
	CHECK_INT(lines_end(&text), 0);
	CHECK_STR(words(text.buf, text.len), wanted);
	CHECK(!memcmp(text.buf, "plain 10.1.0.11 2001:db8::1 1-65535 '/a/b?c=d' '' ", 50));
	free(text.buf);
}

static struct file_errors faults;
static struct conf conf;
static char *kept;

static void done(void)
{
	conf_clean(&conf);
	file_errors_clean(&faults);
	free(kept);
	kept = NULL;
}

static void take(const char *text)
{
	done();
	kept = strdup(text);
	NEED(kept);
	conf_read(&conf, kept, strlen(kept), &faults);
	file_errors_sort(&faults);
}

/* Fault @i as it is printed. */
static const char *fault(size_t i)
{
	static char line[1024];

	return i < faults.n ?
		       file_errors_line(&faults, i, "F", line, sizeof(line)) :
		       "";
}

static void is_json(const char *wanted)
{
	char *got = json_dumps(conf.json, JSON_COMPACT | JSON_SORT_KEYS);

	CHECK_STR(got, wanted);
	free(got);
}

static void test_lines(void)
{
	take("vdport set on-exhausted drop\n"
	     "backend add web weight 2 addr 10.1.0.11\n"
	     "vdport set range 1-9\n"
	     "service add web port 80 vip 192.0.2.10\n"
	     "service add dns port 53 vip 192.0.2.10\n"
	     "backend add web \\\n addr 10.1.0.12\n");
	CHECK_INT(faults.n, 0);
	is_json("{\"services\":[{\"backends\":[{\"addr\":\"10.1.0.11\",\"weight\":2},"
		"{\"addr\":\"10.1.0.12\"}],\"name\":\"web\",\"port\":80,\"vip\":\"192.0.2.10\"},"
		"{\"backends\":[],\"name\":\"dns\",\"port\":53,\"vip\":\"192.0.2.10\"}],"
		"\"vdports\":{\"on-exhausted\":\"drop\",\"range\":\"1-9\"},\"version\":1}");
	CHECK_INT(conf_line(&conf, ""), 0);
	CHECK_INT(conf_line(&conf, "version"), 0);
	CHECK_INT(conf_line(&conf, "vdports.range"), 3);
	CHECK_INT(conf_line(&conf, "services[0]"), 4);
	CHECK_INT(conf_line(&conf, "services[1].vip"), 5);
	CHECK_INT(conf_line(&conf, "services[0].backends[0].port"), 2);
	CHECK_INT(conf_line(&conf, "services[0].backends[1]"), 6);
	CHECK_INT(conf_line(&conf, "services[0].backends[2]"), 4);
	CHECK_INT(conf_line(&conf, "services[2]"), 0);
	CHECK_INT(conf_line(&conf, "services[x].a"), 0);
	CHECK_INT(conf_line(&conf, "services["), 0);
}

/* All of them, and what hangs on a line at fault is not one. */
static void test_faults(void)
{
	static const char *const wanted[] = {
		"F:1: service add: port is missing; add \"port N\"",
		"F:3: weight \"x\" is not a number from 0 to 256",
		"F:4: \"service del\" is not for a file that says what there is; use service add, backend add, vdport set or services none",
		"F:5: there is no service nix in this file; add a line \"service add nix ...\"",
		"F:6: \"-j\" is not an object; use ",
		"F:7: help has no place in a file; leave it out",
		"F:8: a quote ' is not closed; close it in the same line",
		"F:10: range is set in line 9 already; set it once",
		"F:11: \"\\x1b[31m\" is not an object; use ",
	};

	take("service add web vip 192.0.2.10\n"
	     "backend add web addr 10.1.0.11\n"
	     "backend add web addr 10.1.0.12 weight x\n"
	     "service del web\n"
	     "backend add nix addr 10.1.0.11\n"
	     "-j service show\n"
	     "service add help\n"
	     "service add 'web\n"
	     "vdport set range 1-2\n"
	     "vdport set range 1-2\n"
	     "\x1b[31m\n"
	     "service add ok vip 192.0.2.10 port 1\n");
	CHECK_INT(faults.n, sizeof(wanted) / sizeof(wanted[0]));
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		CHECK(!strncmp(fault(i), wanted[i], strlen(wanted[i])) ||
		      !fprintf(stderr, "got %s\n", fault(i)));
	is_json("{\"services\":[{\"backends\":[],\"name\":\"ok\",\"port\":1,\"vip\":\"192.0.2.10\"}],"
		"\"vdports\":{\"range\":\"1-2\"},\"version\":1}");
	CHECK_INT(conf_line(&conf, "services[0]"), 12);
}

/* No service is meant only where the file says so. */
static void test_none(void)
{
	static const char has_none[] =
		"F: has no service; where that is meant, write the line \"services none\" into it";
	static const char *const texts[] = {
		"", "\n", "# services none\n", "# service add web vip 192.0.2.10 port 80\n",
		"vdport set range 1-9\n",
	};
	struct text text = { 0 };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		take(texts[i]);
		CHECK_INT(faults.n, 1);
		CHECK_STR(fault(0), has_none);
	}
	take("vdport set range 1-9\n services  none # really\n");
	CHECK_INT(faults.n, 0);
	is_json("{\"services\":[],\"vdports\":{\"range\":\"1-9\"},\"version\":1}");
	CHECK_INT(conf_put(&text, conf.json, &err), 0);
	text_add(&text, "", 1);
	CHECK_STR(text.buf, "vdport set range 1-9\nservices none\n");
	free(text.buf);

	take("service add web vip 192.0.2.10 port 80\nservices none\n");
	CHECK_INT(faults.n, 1);
	CHECK_STR(fault(0), "F:2: \"services none\" is for a file without services; remove this line");
	take("services none\nservice add web vip\n");
	CHECK_INT(faults.n, 2);
	/* One error is enough. */
	take("servcie add web vip 192.0.2.10 port 80\n");
	CHECK_INT(faults.n, 1);
	CHECK(!strncmp(fault(0), "F:1: ", 5));
	take("services none at all\n");
	CHECK(strstr(fault(0), "\"services\" is not an object"));

	take("{\"version\": 1, \"services\": [], \"serial\": 7}");
	CHECK_INT(faults.n, 0);
	is_json("{\"services\":[],\"version\":1}");
}

/* A file of nothing but errors costs no more than so much. */
static void test_many_faults(void)
{
	size_t n = FILE_ERRORS_MAX + 5;
	char *text = calloc(n + 1, 2);

	NEED(text);
	for (size_t i = 0; i < n; i++)
		strcpy(text + 2 * i, "x\n");
	take(text);
	CHECK_INT(faults.n, FILE_ERRORS_MAX);
	CHECK_INT(faults.more, 5);
	free(text);
}

static void test_json(void)
{
	take(" \n\t{\"version\": 1,\n\"services\": [{\"backends\": [{}]}]}\n");
	CHECK_INT(faults.n, 0);
	CHECK_INT(conf_line(&conf, "services[0].backends[0].addr"), 0);
	conf_fault(&conf, "services[0].backends[0].addr", "wrong", &faults);
	CHECK_STR(fault(0), "F: services[0].backends[0].addr: wrong");
	conf_fault(&conf, "", "wrong", &faults);
	CHECK_STR(fault(1), "F: wrong");

	take("{\"services\":\n[}");
	CHECK_INT(faults.n, 1);
	CHECK(!strncmp(fault(0), "F:2: ", 5));
	CHECK(!conf.json);
	take("{\"services\":[]}\nx");
	CHECK(!strncmp(fault(0), "F:2: ", 5));
}

/* Lines made of JSON, and of these the same JSON. */
static void test_text(void)
{
	static const char *const lines =
		"vdport set range 1-9 on-exhausted drop\n"
		"\n"
		"service add web vip 192.0.2.10 port 80 scheduler wrr dev lo fast off\n"
		"backend add web addr 10.1.0.11 port 8080 weight 0\n"
		"backend add web addr 10.1.0.12\n"
		"\n"
		"service add dns vip 2001:db8::1 port 53 proto udp\n";
	struct text text = { 0 };
	json_t *json;

	take(lines);
	CHECK_INT(faults.n, 0);
	CHECK_INT(conf_put(&text, conf.json, &err), 0);
	text_add(&text, "", 1);
	CHECK_STR(text.buf, lines);
	free(text.buf);

	/* Nothing is left out in silence. */
	json = json_pack("{s:s, s:s, s:i, s:s}", "name", "web", "vip",
			 "192.0.2.1", "port", 80, "new", "thing");
	text = (struct text){ 0 };
	CHECK_INT(conf_put_service(&text, json, &err), -71);
	CHECK(strstr(err.msg, "same version"));
	json_object_del(json, "new");
	json_object_set_new(json, "fast", json_true());
	CHECK_INT(conf_put_service(&text, json, &err), -71);
	json_object_del(json, "name");
	CHECK_INT(conf_put_service(&text, json, &err), -71);
	free(text.buf);
	json_decref(json);
}

int main(void)
{
	test_words();
	test_put();
	test_lines();
	test_faults();
	test_none();
	test_many_faults();
	test_json();
	test_text();
	done();
	return unit_result();
}
