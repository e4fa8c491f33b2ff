// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "cli/columns.h"
#include "cli/show.h"

struct line {
	const char *text;
	const char *key;
};

static const struct line lines[] = {
	{ "connections begun", "begun" },
	{ "connections ended", "ended" },
	{ "connections never confirmed", "unconfirmed" },
	{ "vdports in use", "in_use" },
	{ "vdports taken back", "taken_back" },
	{ "vdports passed over", "skipped" },
	{ "connections not counted by service", "uncounted" },
	{ "packets dropped, no vdport free", "exhausted" },
	{ "packets dropped, no memory", "no_memory" },
	{ "packets forwarded by the module", "fast" },
	{ NULL, NULL }
};

/* The reasons why the module left a packet to nf_nat. */
static const struct line reasons[] = {
	{ "service with fast off", "off" },
	{ "fragment, option or wrong header", "header" },
	{ "TTL at its end", "ttl" },
	{ "SYN, RST or no ACK", "flags" },
	{ "no connection that is set up", "new" },
	{ "no way out known", "route" },
	{ "larger than the way out takes", "size" },
	{ "out of window or order", "state" },
	{ NULL, NULL }
};

static int print_lines(FILE *out, const char *before, const json_t *counters,
		       const struct line *line, struct err *err)
{
	for (; line->text; line++) {
		char *text = value_text(json_object_get(counters, line->key));

		if (!text)
			return err_no_memory(err);
		fprintf(out, "%s%s: %s\n", before, line->text, text);
		free(text);
	}
	return 0;
}

int show_stats(struct page *page, const json_t *result, struct err *err)
{
	const json_t *slow = json_object_get(result, "slow");
	int ret;

	if (!json_is_object(slow))
		return answer_strange(err);
	ret = print_lines(page->out, "", result, lines, err);
	return ret ? ret : print_lines(page->out, "packets left to nf_nat, ",
				       slow, reasons, err);
}
