/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DNATCTL_HELP_H
#define DNATCTL_HELP_H

#include <stdio.h>

#include "lang/grammar.h"

/* All objects and options. */
void help_all(FILE *out);

/* The commands of the object whose first command is @first. */
void help_object(FILE *out, const struct command *first);

/* One command with its arguments. */
void help_command(FILE *out, const struct command *command);

#endif
