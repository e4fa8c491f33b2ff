/* SPDX-License-Identifier: GPL-2.0-only */
/* Parse a command line of dnatctl. */
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
	const struct command *command;	/* RUN, HELP_OBJECT, HELP_COMMAND */
	json_t *args;			/* RUN; the caller frees it */
	const char *place;		/* "FILE:LINE" of batch, or NULL */
	unsigned int interval;		/* ms between answers, 0: one answer */
};

/**
 * cli_parse - parse the command line
 * @argc: number of words, without the program's name
 * @argv: the words; @cli keeps pointers into them
 * @cli: result
 * @err: set on failure
 *
 * Return: 0, -EINVAL, or -ENOMEM
 */
int cli_parse(int argc, char *const *argv, struct cli *cli, struct err *err);

/* The same for a line of a file: global options and help are not valid. */
int cli_parse_line(int argc, char *const *argv, struct cli *cli,
		   struct err *err);

#endif
