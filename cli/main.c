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
#include "print.h"

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
	const struct command *command;
	bool json;
	struct page page;
	struct json_page json_page;
	bool refused;
};

static int take_answer(const struct answer *answer, void *data,
		       struct err *err)
{
	struct progress *progress = data;

	if (json_is_false(json_object_get(answer->json, "ok"))) {
		progress->refused = true;
		return err_set(err, -EREMOTEIO, NULL, "%s",
			       json_string_value(json_object_get(
				       json_object_get(answer->json, "error"),
				       "msg")));
	}
	if (!progress->command->show && !progress->command->columns)
		return 0;
	if (progress->json)
		return print_json(&progress->json_page, answer, err);
	if (progress->command->columns)
		return columns_print(&progress->page, answer,
				     progress->command->columns, err);
	return progress->command->show(&progress->page,
				       json_object_get(answer->json, "result"),
				       err);
}

static int run(const struct cli *cli)
{
	struct progress progress = {
		.command = cli->command,
		.json = cli->json,
		.page.out = stdout,
		.json_page = { .out = stdout, .pretty = cli->pretty },
	};
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
