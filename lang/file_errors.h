/* SPDX-License-Identifier: GPL-2.0-only */
/* All that is wrong with a file, each with its line. */
#ifndef DNAT_FILE_ERRORS_H
#define DNAT_FILE_ERRORS_H

#include <stdbool.h>
#include <stddef.h>

#define FILE_ERRORS_MAX 1000		/* what more there are are only counted */

struct file_error {
	unsigned int line;	/* 0: of the file as a whole */
	char *msg;
};

struct file_errors {
	size_t n;
	size_t room;
	struct file_error *list;
	size_t more;		/* not in the list */
	bool no_memory;		/* nor these */
};

void file_errors_add(struct file_errors *faults, unsigned int line,
		     const char *msg);

/* By line; what one line has stays in its order. */
void file_errors_sort(struct file_errors *faults);

void file_errors_clean(struct file_errors *faults);

/**
 * file_errors_line - "FILE:LINE: sentence" with nothing in it that a terminal minds
 * @i: which one
 * @file: name of the file
 *
 * Return: @buf
 */
const char *file_errors_line(const struct file_errors *faults, size_t i,
			     const char *file, char *buf, size_t len);

#endif
