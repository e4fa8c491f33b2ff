// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"

static size_t json_flags(const struct json_page *page)
{
	return JSON_ENSURE_ASCII | JSON_ENCODE_ANY |
	       (page->pretty ? JSON_INDENT(2) : JSON_COMPACT);
}

static void page_begin(struct json_page *page)
{
	if (!page->begun)
		putc('[', page->out);
	page->begun = true;
}

/* Before rows: are there some already? */
static void page_rows(struct json_page *page)
{
	if (page->rows)
		putc(',', page->out);
	page->rows = true;
}

static void page_end(struct json_page *page)
{
	fputs(page->rows && page->pretty ? "\n]\n" : "]\n", page->out);
}

static void print_text(const struct json_page *page, const char *text,
		       size_t len)
{
	fwrite_unlocked(text, 1, len, page->out);
}

/* As jansson indents it. */
static void print_pretty(struct json_page *page, struct rows rows)
{
	const struct field *field;
	struct row row;
	size_t i;

	while (rows_next(&rows, &row)) {
		page_rows(page);
		fputs_unlocked("\n  {\n", page->out);
		for (i = 0; i < row.n; i++) {
			field = &row.fields[i];
			fputs_unlocked(i ? ",\n    \"" : "    \"", page->out);
			print_text(page, field->key, field->key_len);
			fputs_unlocked("\": ", page->out);
			print_text(page, field->value, field->value_len);
		}
		fputs_unlocked("\n  }", page->out);
	}
}

static void print_rows(struct json_page *page, const struct rows *rows)
{
	if (page->pretty) {
		print_pretty(page, *rows);
	} else if (rows->at < rows->end) {
		page_rows(page);
		print_text(page, rows->at, (size_t)(rows->end - rows->at));
	}
}

/* A part's array without its brackets. */
static int print_part(struct json_page *page, const json_t *part,
		      struct err *err)
{
	const char *end = page->pretty ? "\n]" : "]";
	char *text;

	if (!json_is_array(part))
		return answer_strange(err);
	if (!json_array_size(part))
		return 0;
	text = json_dumps(part, json_flags(page));
	if (!text)
		return err_no_memory(err);
	page_rows(page);
	print_text(page, text + 1, strlen(text) - 1 - strlen(end));
	free(text);
	return 0;
}

int print_json(struct json_page *page, const struct answer *answer,
	       struct err *err)
{
	const json_t *result = json_object_get(answer->json, "result");
	int ret = 0;

	if (answer->json && !answer->more && !page->begun) {
		if (!result ||
		    json_dumpf(result, page->out, json_flags(page)))
			return answer_strange(err);
		putc('\n', page->out);
		return 0;
	}
	page_begin(page);
	if (answer->json)
		ret = print_part(page, result, err);
	else
		print_rows(page, &answer->rows);
	if (!ret && !answer->more)
		page_end(page);
	return ret;
}
