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

/* Call before rows: prints a comma between them and earlier rows. */
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

/* Print a part's array without its brackets. */
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
	fwrite_unlocked(text + 1, 1, strlen(text) - 1 - strlen(end), page->out);
	free(text);
	return 0;
}

int print_json(struct json_page *page, const struct answer *answer,
	       struct err *err)
{
	const json_t *result = answer->result;
	int ret;

	if (!answer->more && !page->begun) {
		if (!result ||
		    json_dumpf(result, page->out, json_flags(page)))
			return answer_strange(err);
		putc('\n', page->out);
		return 0;
	}
	page_begin(page);
	ret = print_part(page, result, err);
	if (!ret && !answer->more)
		page_end(page);
	return ret;
}
