// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "file.h"
#include "lines.h"
#include "run.h"

static int run_line(const struct cli *outer, const struct lines *lines,
		    struct err *err)
{
	struct cli cli;
	int status = EXIT_USAGE;

	if (cli_parse_line(lines->n, lines->words, &cli, err))
		return EXIT_USAGE;
	cli.socket = outer->socket;
	cli.json = outer->json;
	cli.pretty = outer->pretty;
	if (run_find(cli.command) != run_ask || cli.interval)
		err_set(err, -EINVAL, NULL,
			"\"%s%s\" has no place in a batch; leave it out",
			cli.command->object, cli.interval ? " -i" : "");
	else
		status = run_ask(&cli, err);
	json_decref(cli.args);
	return status;
}

/* As one of a file's faults, with the same look. */
static void tell(const char *file, unsigned int line, const struct err *err)
{
	struct faults faults = { 0 };
	char buf[2048];

	/* What was printed so far stands before it. */
	fflush(stdout);
	faults_add(&faults, line, err->msg);
	if (faults.n)
		fprintf(stderr, "%s\n",
			faults_line(&faults, 0, file, buf, sizeof(buf)));
	faults_clean(&faults);
}

int run_batch(const struct cli *cli, struct err *err)
{
	bool force = json_is_true(json_object_get(cli->args, "--force"));
	int status, worst = EXIT_DONE;
	struct err why = { 0 };
	struct lines lines;
	const char *file;
	size_t len;
	char *text = file_load(cli, &file, &len, err);
	int ret;

	if (!text)
		return EXIT_USAGE;
	lines_init(&lines, text, len);
	while ((worst == EXIT_DONE || force) &&
	       (ret = lines_next(&lines, &why))) {
		status = ret > 0 ? run_line(cli, &lines, &why) : EXIT_USAGE;
		if (status == EXIT_DONE)
			continue;
		tell(file, lines.line, &why);
		worst = status > worst ? status : worst;
	}
	free(text);
	return worst;
}
