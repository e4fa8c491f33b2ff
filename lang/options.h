/* SPDX-License-Identifier: GPL-2.0-only */
/* The options of dnatctl, which stand anywhere on its command line. */
#ifndef DNAT_OPTIONS_H
#define DNAT_OPTIONS_H

#include <stdbool.h>

#include "common/err.h"

struct options {
	const char *socket;	/* left as it is where there is none */
	bool json;
	bool pretty;
	bool help;
	bool version;
};

/**
 * options_take - part the options from the other words
 * @argc: how many words, the program's name not among them
 * @argv: the words
 * @options: result; keeps pointers into @argv
 * @rest: result, the other words, room for @argc
 * @n: result, how many these are
 *
 * What stands where a keyword takes any text is no option.  Nor is what an
 * option of a command's own looks like, such as -f, once there is a word before
 * it.
 *
 * Return: 0 or -EINVAL
 */
int options_take(int argc, char *const *argv, struct options *options,
		 char **rest, int *n, struct err *err);

#endif
