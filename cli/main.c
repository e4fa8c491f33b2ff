// SPDX-License-Identifier: GPL-2.0-only
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "client.h"
#include "help.h"
#include "parse.h"

enum {
	EXIT_DONE,
	EXIT_USAGE,
	EXIT_REFUSED,
	EXIT_UNREACHABLE,
};

static int fail(int status, const char *msg)
{
	char quoted[2048];

	fprintf(stderr, "dnatctl: %s\n",
		text_quote(msg, quoted, sizeof(quoted)));
	return status;
}

/* How far the answer to a command has been printed. */
struct progress {
	const struct cli *cli;
	struct page page;
	bool parts;		/* it comes in several */
	bool rows;		/* there was one */
	bool refused;
};

static size_t json_flags(const struct cli *cli)
{
	return JSON_ENSURE_ASCII | JSON_ENCODE_ANY |
	       (cli->pretty ? JSON_INDENT(2) : JSON_COMPACT);
}

/* The arrays of all parts as one: each without its brackets. */
static int print_json_part(struct progress *progress, const json_t *part,
			   bool more, struct err *err)
{
	const char *end = progress->cli->pretty ? "\n]" : "]";
	char *text;
	size_t len;

	if (!json_is_array(part))
		return err_set(err, -EPROTO, NULL, "the result is missing");
	if (!progress->parts)
		putchar('[');
	if (json_array_size(part)) {
		text = json_dumps(part, json_flags(progress->cli));
		if (!text)
			return err_set(err, -ENOMEM, NULL, "out of memory");
		len = strlen(text) - strlen(end);
		if (progress->rows)
			putchar(',');
		fwrite(text + 1, 1, len - 1, stdout);
		free(text);
		progress->rows = true;
	}
	if (!more)
		puts(progress->rows ? end : "]");
	return 0;
}

static int print_json(struct progress *progress, const json_t *result,
		      bool more, struct err *err)
{
	if (more || progress->parts)
		return print_json_part(progress, result, more, err);
	if (!result || json_dumpf(result, stdout, json_flags(progress->cli)))
		return err_set(err, -EPROTO, NULL, "the result is missing");
	putchar('\n');
	return 0;
}

static int take_answer(const json_t *answer, bool more, void *data,
		       struct err *err)
{
	const json_t *result = json_object_get(answer, "result");
	struct progress *progress = data;
	const struct cli *cli = progress->cli;
	int ret = 0;

	if (!json_is_true(json_object_get(answer, "ok"))) {
		progress->refused = true;
		return err_set(err, -EREMOTEIO, NULL, "%s",
			       json_string_value(json_object_get(
				       json_object_get(answer, "error"),
				       "msg")));
	}
	if (cli->command->show)
		ret = cli->json ? print_json(progress, result, more, err) :
				  cli->command->show(&progress->page, result,
						     err);
	progress->parts = true;
	return ret;
}

static int run(const struct cli *cli)
{
	struct progress progress = { .cli = cli, .page.out = stdout };
	struct err err = { 0 };

	if (!client_call(cli->socket, cli->command->op, cli->args, take_answer,
			 &progress, &err))
		return EXIT_DONE;
	return fail(progress.refused ? EXIT_REFUSED : EXIT_UNREACHABLE,
		    err.msg);
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	int status = EXIT_DONE;
	struct cli cli;

	if (cli_parse(argc - 1, argv + 1, &cli, &err))
		return fail(EXIT_USAGE, err.msg);

	switch (cli.action) {
	case ACTION_USAGE:
		help_all(stderr);
		return EXIT_USAGE;
	case ACTION_HELP_ALL:
		help_all(stdout);
		break;
	case ACTION_HELP_OBJECT:
		help_object(stdout, cli.command);
		break;
	case ACTION_HELP_COMMAND:
		help_command(stdout, cli.command);
		break;
	case ACTION_VERSION:
		puts("dnatctl " PACKAGE_VERSION);
		break;
	case ACTION_RUN:
		status = run(&cli);
		json_decref(cli.args);
		break;
	}

	if (fflush(stdout) || ferror(stdout))
		return fail(EXIT_USAGE, "cannot write the output");
	return status;
}
