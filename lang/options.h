/* SPDX-License-Identifier: GPL-2.0-only */
/* The global options of dnatctl, valid anywhere on the command line. */
#ifndef DNAT_OPTIONS_H
#define DNAT_OPTIONS_H

#include <stdbool.h>

#include "common/err.h"

struct options {
	const char *socket;	/* unchanged without --socket */
	bool json;
	bool pretty;
	bool help;
	bool version;
};

/**
 * options_take - separate the global options from the other words
 * @argc: number of words, without the program's name
 * @argv: the words
 * @options: result; keeps pointers into @argv
 * @rest: result, the other words; has room for @argc
 * @n: result, number of words in @rest
 *
 * A word after a keyword that takes any text is never an option.  A word that
 * looks like an unknown option, such as -f, is an error only as the first word:
 * later it may be an option of the command.
 *
 * Return: 0 or -EINVAL with @err set
 */
int options_take(int argc, char *const *argv, struct options *options,
		 char **rest, int *n, struct err *err);

#endif
