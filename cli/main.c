// SPDX-License-Identifier: GPL-2.0-only
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdio.h>
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

static int print_result(const struct cli *cli, const json_t *result,
			struct err *err)
{
	size_t flags = JSON_ENSURE_ASCII | JSON_ENCODE_ANY;

	if (!cli->command->show)
		return 0;
	if (!cli->json)
		return cli->command->show(stdout, result, err);

	flags |= cli->pretty ? JSON_INDENT(2) : JSON_COMPACT;
	if (!result || json_dumpf(result, stdout, flags))
		return err_set(err, -EPROTO, NULL, "the result is missing");
	putchar('\n');
	return 0;
}

static int run(const struct cli *cli)
{
	struct err err = { 0 };
	json_t *answer;
	int status = EXIT_DONE;

	if (client_call(cli->socket, cli->command->op, cli->args, &answer,
			&err))
		return fail(EXIT_UNREACHABLE, err.msg);

	if (!json_is_true(json_object_get(answer, "ok")))
		status = fail(EXIT_REFUSED,
			      json_string_value(json_object_get(
				      json_object_get(answer, "error"), "msg")));
	else if (print_result(cli, json_object_get(answer, "result"), &err))
		status = fail(EXIT_UNREACHABLE, err.msg);
	json_decref(answer);
	return status;
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
