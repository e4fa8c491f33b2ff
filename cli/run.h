/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions that carry out commands. */
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
 * @cli: from cli_parse()
 * @err: the message on failure; empty if it was printed already
 *
 * Return: EXIT_*
 */
typedef int run_fn(const struct cli *cli, struct err *err);

run_fn run_ask;		/* send a request and print the answer */
run_fn run_apply;
run_fn run_batch;
run_fn run_export;
run_fn run_import;
run_fn run_monitor;
run_fn run_top;

/* EXIT_* for what client_call() returned; in main.c. */
int run_status(int ret);

/* The function for @command; in main.c. */
run_fn *run_find(const struct command *command);

#endif
