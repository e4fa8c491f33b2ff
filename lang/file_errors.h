/* SPDX-License-Identifier: GPL-2.0-only */
/* The errors of a file, with their line numbers. */
#ifndef DNAT_FILE_ERRORS_H
#define DNAT_FILE_ERRORS_H

#include <stdbool.h>
#include <stddef.h>

#define FILE_ERRORS_MAX 1000		/* further errors are only counted */

struct file_error {
	unsigned int line;	/* 0: about the whole file */
	char *msg;		/* owned */
};

struct file_errors {
	size_t n;
	size_t room;
	struct file_error *list;
	size_t more;		/* errors that are not in the list */
	bool no_memory;		/* errors were lost for lack of memory */
};

/* @msg is copied. */
void file_errors_add(struct file_errors *faults, unsigned int line,
		     const char *msg);

/* Sort by line number.  The errors of one line keep their order. */
void file_errors_sort(struct file_errors *faults);

void file_errors_clean(struct file_errors *faults);

/**
 * file_errors_line - write one error as "FILE:LINE: message"
 * @i: index of the error
 * @file: name of the file
 *
 * Only printable ASCII is written, as the file's text may end up on a terminal.
 *
 * Return: @buf
 */
const char *file_errors_line(const struct file_errors *faults, size_t i,
			     const char *file, char *buf, size_t len);

#endif
