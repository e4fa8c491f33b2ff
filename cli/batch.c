// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/file.h"
#include "cli/run.h"
#include "common/addr.h"
#include "lang/conf.h"
#include "lang/lines.h"

#define PLACE_LEN 300

static int run_line(const struct cli *outer, const struct lines *lines,
		    const char *file, struct err *err)
{
	char place[PLACE_LEN], quoted[PLACE_LEN - 16];
	struct cli cli;
	int status = EXIT_USAGE;

	if (cli_parse_line(lines->n, lines->words, &cli, err))
		return EXIT_USAGE;
	cli.socket = outer->socket;
	cli.json = outer->json;
	cli.pretty = outer->pretty;
	snprintf(place, sizeof(place), "%s:%u",
		 text_quote(file, quoted, sizeof(quoted)), lines->line);
	cli.place = place;
	if (run_find(cli.command) != run_ask || cli.interval)
		err_set(err, -EINVAL, NULL,
			"\"%s%s\" has no place in a batch; leave it out",
			cli.command->object, cli.interval ? " -i" : "");
	else
		status = run_ask(&cli, err);
	json_decref(cli.args);
	return status;
}

/* Print an error in the format of a file's errors. */
static void tell(const char *file, unsigned int line, const struct err *err)
{
	char name[PLACE_LEN], msg[sizeof(err->msg) * 4];

	/* Print earlier output first. */
	fflush(stdout);
	fprintf(stderr, "%s:%u: %s\n", text_quote(file, name, sizeof(name)),
		line, text_quote(err->msg, msg, sizeof(msg)));
}

int run_batch(const struct cli *cli, struct err *err)
{
	bool force = json_is_true(json_object_get(cli->args, "--force"));
	int status, worst = EXIT_DONE;
	struct err why = { 0 };
	struct lines lines;
	const char *file;
	size_t len, n = 0;
	char *text = file_load(cli, &file, &len, err);
	int ret;

	if (!text)
		return EXIT_USAGE;
	lines_init(&lines, text, len);
	while ((worst == EXIT_DONE || force) &&
	       (ret = lines_next(&lines, &why))) {
		status = ret > 0 ? run_line(cli, &lines, file, &why) : EXIT_USAGE;
		if (status == EXIT_DONE)
			continue;
		if (n++ < FILE_TOLD_MAX)
			tell(file, lines.line, &why);
		worst = status > worst ? status : worst;
	}
	if (n > FILE_TOLD_MAX)
		file_more(n - FILE_TOLD_MAX, file);
	free(text);
	return worst;
}
