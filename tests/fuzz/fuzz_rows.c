// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any line as an answer, to the reader of rows.  What it takes must be printed
 * as if a JSON library had read it.  As a libFuzzer target, or with
 * FUZZ_STANDALONE over the lines below, each cut off and changed at every byte,
 * and the files that are named.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cli/show.h"	/* daemon/ has one of its own */
#include "cli/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *printed(const struct answer *answer, bool json, bool pretty)
{
	struct json_page json_page = { .pretty = pretty };
	struct page page = { 0 };
	struct err err = { 0 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int ret;

	if (!out)
		abort();
	json_page.out = out;
	page.out = out;
	ret = json ? print_json(&json_page, answer, &err) :
		     columns_print(&page, answer, connection_columns, &err);
	if (ret || fclose(out))
		abort();
	return text;
}

static void check_same(const struct answer *a, const struct answer *b,
		       bool json, bool pretty)
{
	char *text_a = printed(a, json, pretty);
	char *text_b = printed(b, json, pretty);

	if (strcmp(text_a, text_b))
		abort();
	free(text_a);
	free(text_b);
}

/* Of members with one name, either may be taken. */
static bool has_duplicates(const char *line, size_t size)
{
	json_t *json = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);

	json_decref(json);
	return !json;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct answer rows = { 0 }, json = { 0 };
	/* Of exactly that size, so that a byte too far is seen. */
	char *line = malloc(size ? size : 1);
	const json_t *result;

	if (!line)
		return 0;
	memcpy(line, data, size);
	if (!rows_find(line, size, &rows.rows, &rows.more))
		goto out;

	json.json = json_loadb(line, size, 0, NULL);
	json.more = json_is_true(json_object_get(json.json, "more"));
	result = json_object_get(json.json, "result");
	if (!json_is_true(json_object_get(json.json, "ok")) ||
	    !json_is_array(result) || json.more != rows.more)
		abort();
	if (!has_duplicates(line, size)) {
		check_same(&rows, &json, true, false);
		check_same(&rows, &json, true, true);
		check_same(&rows, &json, false, false);
	}
	json_decref(json.json);
out:
	free(line);
	return 0;
}

#ifdef FUZZ_STANDALONE
static const char *const lines[] = {
	"{\"ok\":true,\"result\":[]}",
	"{\"ok\":true,\"result\":[],\"more\":true}",
	"{\"ok\":true,\"result\":[{\"proto\":\"tcp\",\"client\":\"10.2.0.9\",\"client_port\":2,\"vip\":\"fd00::1\",\"port\":80,\"age\":null}],\"more\":true}",
	"{\"ok\":true,\"result\":[{\"backend_port\":-10,\"backend\":\"fd00::2\"},{\"backend\":true,\"age\":false,\"state\":\"\"}]}",
	"{\"ok\":true,\"result\":[{\"age\":0},{\"age\":999999999999999999}]}",
};

static const char *const corpus[] = {
	"", "{", "{\"ok\":true,\"result\":[", "{\"ok\":true,\"result\":[]",
	"{\"ok\":true,\"result\":[{}]}", "{\"ok\":true,\"result\":[,]}",
	"{\"ok\":true,\"result\":[{\"a\":1},]}",
	"{\"ok\":true,\"result\":[{\"a\":1}{\"a\":1}]}",
	"{\"ok\":true,\"result\":[{\"a\":01}]}",
	"{\"ok\":true,\"result\":[{\"a\":1.5}]}",
	"{\"ok\":true,\"result\":[{\"a\":99999999999999999999}]}",
	"{\"ok\":true,\"result\":[{\"a\":[]}]}",
	"{\"ok\":true,\"result\":[{\"a\":\"\\u0041\"}]}",
	"{\"ok\":true,\"result\":[{\"a\":1,\"a\":2}]}",
};

static void try_around(const char *line)
{
	static const char values[] = "\"\\{}[]:,-0 \n\x7f\xff";
	size_t len = strlen(line);
	char copy[512];

	memcpy(copy, line, len);
	for (size_t i = 0; i <= len; i++)
		LLVMFuzzerTestOneInput((const uint8_t *)line, i);
	for (size_t i = 0; i < len; i++) {
		for (size_t v = 0; v < sizeof(values); v++) {
			copy[i] = values[v];
			LLVMFuzzerTestOneInput((const uint8_t *)copy, len);
		}
		copy[i] = line[i];
	}
}

__attribute__((constructor)) static void try_lines(void)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		try_around(lines[i]);
}

#include "standalone.h"
#endif
