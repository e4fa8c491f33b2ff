/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of the state's journal, see store.h. */
#ifndef DNAT_JOURNAL_H
#define DNAT_JOURNAL_H

#include <jansson.h>
#include <sys/types.h>

#include "common/err.h"
#include "model/types.h"

/**
 * journal_line - a change as a line, without its newline
 * @serial: of the state file that the line goes with
 *
 * Return: for the caller to free; NULL where memory is short
 */
char *journal_line(json_int_t serial, const struct changes *changes);

/**
 * journal_replay - make the changes that a journal tells of
 * @path: of the journal; it need not be there
 * @serial: of the lines that count
 * @root: content of the state file; changed
 * @end: result, bytes up to the end of the last line that counts
 *
 * A last line that is cut off is of a change that was not confirmed to anybody.
 *
 * Return: 0 or a negative errno
 */
int journal_replay(const char *path, json_int_t serial, json_t *root,
		   off_t *end, struct err *err);

#endif
