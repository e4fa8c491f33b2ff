/* SPDX-License-Identifier: GPL-2.0-only */
/* The file of option -f. */
#ifndef DNATCTL_FILE_H
#define DNATCTL_FILE_H

#include "lang/conf.h"
#include "lang/parse.h"

/**
 * file_load - read the file
 * @cli: of a command that has -f
 * @file: result, its name for messages; valid as long as @cli
 * @len: result, as from conf_load()
 *
 * Return: the text, the caller's to free, or NULL with @err set
 */
char *file_load(const struct cli *cli, const char **file, size_t *len,
		struct err *err);

#define FILE_TOLD_MAX 20

/* Sort the errors and print them on stderr, FILE_TOLD_MAX at most. */
void file_faults(struct file_errors *faults, const char *file);

/* Print that there are @more errors that were not printed. */
void file_more(size_t more, const char *file);

#endif
