/* SPDX-License-Identifier: GPL-2.0-only */
/* All that is wrong with a file, each with its line. */
#ifndef DNAT_FAULTS_H
#define DNAT_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#define FAULTS_MAX 1000		/* what more there are are only counted */

struct fault {
	unsigned int line;	/* 0: of the file as a whole */
	char *msg;
};

struct faults {
	size_t n;
	size_t room;
	struct fault *list;
	size_t more;		/* not in the list */
	bool no_memory;		/* nor these */
};

void faults_add(struct faults *faults, unsigned int line, const char *msg);

/* By line; what one line has stays in its order. */
void faults_sort(struct faults *faults);

void faults_clean(struct faults *faults);

/**
 * faults_line - "FILE:LINE: sentence" with nothing in it that a terminal minds
 * @i: which one
 * @file: name of the file
 *
 * Return: @buf
 */
const char *faults_line(const struct faults *faults, size_t i,
			const char *file, char *buf, size_t len);

#endif
