/* SPDX-License-Identifier: GPL-2.0-only */
/* Replace a file atomically. */
#ifndef DNATCTL_SAVE_H
#define DNATCTL_SAVE_H

#include <stddef.h>

#include "common/err.h"

/**
 * save_file - replace the content of the file @path
 * @path: a symbolic link is followed.  If it is not a regular file, such as
 *	/dev/stdout or a pipe, the text is written into it
 * @text: the new content
 * @len: bytes in @text
 *
 * The text is written to a new file in the same directory, synced, and renamed.
 * So a full disk or a power cut leaves the old file.  It leaves no other file
 * if the file system supports O_TMPFILE.  The new file gets the old one's mode,
 * ACL and SELinux label, and its owner if the caller is allowed to set it.
 *
 * Return: 0; or a negative errno with @err set, and @path is unchanged
 */
int save_file(const char *path, const char *text, size_t len, struct err *err);

#endif
