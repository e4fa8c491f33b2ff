/* SPDX-License-Identifier: GPL-2.0-only */
/* The file that a command is given with -f. */
#ifndef DNATCTL_FILE_H
#define DNATCTL_FILE_H

#include "lang/conf.h"
#include "lang/parse.h"

/**
 * file_load - its text
 * @cli: of a command that has -f
 * @file: result, what to call it
 * @len: result, as from conf_load()
 *
 * Return: the text, for the caller to free, or NULL with @err set
 */
char *file_load(const struct cli *cli, const char **file, size_t *len,
		struct err *err);

#define FILE_TOLD_MAX 20

/* Tell what is wrong with it on the standard error, line by line, but no more
 * than FILE_TOLD_MAX.
 */
void file_faults(struct file_errors *faults, const char *file);

/* That there was more than was told. */
void file_more(size_t more, const char *file);

#endif
