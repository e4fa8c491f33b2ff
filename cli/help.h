/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DNATCTL_HELP_H
#define DNATCTL_HELP_H

#include <stdio.h>

#include "lang/grammar.h"

/* Print all commands and options. */
void help_all(FILE *out);

/* Print the commands of the object whose first command is @first. */
void help_object(FILE *out, const struct command *first);

/* Print one command with its arguments. */
void help_command(FILE *out, const struct command *command);

#endif
