/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line, to what shall be done. */
#ifndef DNAT_PARSE_H
#define DNAT_PARSE_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "lang/grammar.h"

enum action {
	ACTION_RUN,
	ACTION_USAGE,		/* no arguments at all */
	ACTION_HELP_ALL,
	ACTION_HELP_OBJECT,
	ACTION_HELP_COMMAND,
	ACTION_VERSION,
};

struct cli {
	enum action action;
	const char *socket;
	bool json;
	bool pretty;
	const struct command *command;	/* set with RUN, HELP_OBJECT, HELP_COMMAND */
	json_t *args;			/* set with RUN, the caller's to drop */
	const char *place;		/* "FILE:LINE" where it is from, NULL: nowhere */
	unsigned int interval;		/* milliseconds between answers, 0: just one */
};

/**
 * cli_parse - read the command line
 * @argc: how many words, the program's name not among them
 * @argv: the words; @cli keeps pointers into them
 * @cli: result
 * @err: the sentence on failure
 *
 * Every value is checked as far as that is possible without the daemon.
 *
 * Return: 0, -EINVAL, or -ENOMEM
 */
int cli_parse(int argc, char *const *argv, struct cli *cli, struct err *err);

/**
 * cli_parse_line - the same for a line of a file: a command, without options
 */
int cli_parse_line(int argc, char *const *argv, struct cli *cli,
		   struct err *err);

#endif
