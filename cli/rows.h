/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows of an answer as they stand in its line, for there may be a million:
 * flat objects, without blanks, of plain strings, integers, true, false and
 * null.  What is written in any other way is for a JSON library to read.
 */
#ifndef DNATCTL_ROWS_H
#define DNATCTL_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#define ROW_FIELDS_MAX 16

/* Not terminated. */
struct field {
	const char *key;
	size_t key_len;
	const char *value;	/* of a string, with its quotes */
	size_t value_len;
};

struct row {
	size_t n;
	struct field fields[ROW_FIELDS_MAX];
};

/* What is still to be read of an array, without its brackets. */
struct rows {
	const char *at;
	const char *end;
};

/**
 * rows_find - the rows of an answer
 * @line: the answer, without its newline
 * @len: its bytes
 * @rows: result, from the first to the last, maybe none
 * @more: result, another line follows
 *
 * Return: whether @line is "ok" and has such rows and nothing else as its
 *	result; else it may be anything
 */
bool rows_find(const char *line, size_t len, struct rows *rows, bool *more);

/* The next of @rows, which rows_find() gave.  Return: false at the end */
bool rows_next(struct rows *rows, struct row *row);

#endif
