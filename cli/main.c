// SPDX-License-Identifier: GPL-2.0-only
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "addr.h"
#include "client.h"
#include "help.h"
#include "parse.h"
#include "print.h"
#include "rates.h"

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
	json_t *kept;		/* the answer, where it is not printed at once */
};

static bool is_refusal(const struct answer *answer, struct progress *progress,
		       struct err *err)
{
	const json_t *error = json_object_get(answer->json, "error");

	progress->refused = json_is_false(json_object_get(answer->json, "ok"));
	if (progress->refused)
		err_set(err, -EREMOTEIO, NULL, "%s",
			json_string_value(json_object_get(error, "msg")));
	return progress->refused;
}

static int take_answer(const struct answer *answer, void *data,
		       struct err *err)
{
	struct progress *progress = data;

	if (is_refusal(answer, progress, err))
		return -EREMOTEIO;
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

static struct progress progress_of(const struct cli *cli)
{
	return (struct progress){
		.command = cli->command,
		.json = cli->json,
		.page.out = stdout,
		.json_page = { .out = stdout, .pretty = cli->pretty },
	};
}

static int run(const struct cli *cli)
{
	struct progress progress = progress_of(cli);
	struct err err = { 0 };

	if (!client_call(cli->socket, cli->command->op, cli->args, take_answer,
			 &progress, &err))
		return EXIT_DONE;
	return fail(progress.refused ? EXIT_REFUSED : EXIT_UNREACHABLE,
		    err.msg);
}

static int keep_answer(const struct answer *answer, void *data,
		       struct err *err)
{
	struct progress *progress = data;
	json_t *result = json_object_get(answer->json, "result");

	if (is_refusal(answer, progress, err))
		return -EREMOTEIO;
	if (answer->more || !json_is_object(result))
		return err_set(err, -EPROTO, NULL, "the result is missing");
	progress->kept = json_incref(result);
	return 0;
}

static int print_rates(struct progress *progress, json_t *rates,
		       struct err *err)
{
	const struct answer answer = {
		.json = json_pack("{s:o}", "result", rates),
	};
	int ret;

	if (!answer.json)
		return err_set(err, -ENOMEM, NULL, "out of memory");
	ret = progress->json ? print_json(&progress->json_page, &answer, err) :
			       show_rates(&progress->page, rates, err);
	json_decref(answer.json);
	return ret;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Until somebody ends it, or the output. */
static int run_rates(const struct cli *cli)
{
	const struct timespec pause = { .tv_sec = cli->interval };
	struct progress progress = progress_of(cli);
	json_t *before = NULL;
	struct err err = { 0 };
	double at = 0, was;
	int ret;

	for (;;) {
		was = at;
		ret = client_call(cli->socket, cli->command->op, cli->args,
				  keep_answer, &progress, &err);
		at = now();
		if (!ret && before)
			ret = print_rates(&progress,
					  rates_of(before, progress.kept,
						   at - was), &err);
		json_decref(before);
		if (ret)
			break;
		before = progress.kept;
		if (fflush(stdout) || ferror(stdout)) {
			json_decref(before);
			return EXIT_DONE;
		}
		nanosleep(&pause, NULL);
	}
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
		status = cli.interval ? run_rates(&cli) : run(&cli);
		json_decref(cli.args);
		break;
	}

	if (fflush(stdout) || ferror(stdout))
		return fail(EXIT_USAGE, "cannot write the output");
	return status;
}
