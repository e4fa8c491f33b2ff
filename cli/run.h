/* SPDX-License-Identifier: GPL-2.0-only */
/* How commands are carried out. */
#ifndef DNATCTL_RUN_H
#define DNATCTL_RUN_H

#include "cli/client.h"
#include "common/err.h"
#include "lang/parse.h"

enum {
	EXIT_DONE,
	EXIT_USAGE,
	EXIT_REFUSED,
	EXIT_UNREACHABLE,
};

/**
 * typedef run_fn - carry out a command
 * @cli: as cli_parse() gives it
 * @err: the sentence on failure; without a sentence where all is said already
 *
 * Return: EXIT_*
 */
typedef int run_fn(const struct cli *cli, struct err *err);

run_fn run_ask;		/* ask, and print what there is to print */
run_fn run_apply;
run_fn run_batch;
run_fn run_export;
run_fn run_import;
run_fn run_monitor;
run_fn run_top;

/* How @command is carried out; in main.c. */
run_fn *run_find(const struct command *command);

#endif
