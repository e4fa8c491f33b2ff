// SPDX-License-Identifier: GPL-2.0-only
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/help.h"
#include "cli/run.h"
#include "common/addr.h"
#include "lang/parse.h"

static int fail(int status, const char *msg)
{
	char quoted[2048];

	fprintf(stderr, "dnatctl: %s\n",
		text_quote(msg, quoted, sizeof(quoted)));
	return status;
}

run_fn *run_find(const struct command *command)
{
	static const struct {
		const char *op;
		run_fn *run;
	} others[] = {
		{ "config.apply", run_apply },
		{ "config.show", run_export },
		{ "batch", run_batch },
		{ "import.ipvs", run_import },
		{ "monitor", run_monitor },
		{ "top", run_top },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(others[i].op, command->op))
			return others[i].run;
	return run_ask;
}

int run_status(int ret)
{
	return !ret ? EXIT_DONE :
	       ret == -EREMOTEIO ? EXIT_REFUSED : EXIT_UNREACHABLE;
}

static int run(const struct cli *cli)
{
	struct err err = { 0 };
	int status = run_find(cli->command)(cli, &err);

	return status && err.msg[0] ? fail(status, err.msg) : status;
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
