/* SPDX-License-Identifier: GPL-2.0-only */
/* Write and read the lines of the journal, see store.h. */
#ifndef DNAT_JOURNAL_H
#define DNAT_JOURNAL_H

#include <jansson.h>
#include <sys/types.h>

#include "common/err.h"
#include "model/types.h"

/**
 * journal_line - make a line from changes, without the newline
 * @serial: serial of the state file that the journal belongs to
 *
 * Return: the line, which the caller frees; NULL: no memory
 */
char *journal_line(json_int_t serial, const struct changes *changes);

/**
 * journal_replay - apply a journal's changes to the state file's content
 * @path: the journal; a missing file is an empty journal
 * @serial: serial of the state file; lines with another serial are skipped
 * @root: content of the state file; changed
 * @end: result, offset of the end of the last valid line
 *
 * A last line that is cut off is ignored: its change was not confirmed.
 *
 * Return: 0 or a negative errno with @err set
 */
int journal_replay(const char *path, json_int_t serial, json_t *root,
		   off_t *end, struct err *err);

#endif
