/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that is there as a whole, the old one or the new. */
#ifndef DNATCTL_SAVE_H
#define DNATCTL_SAVE_H

#include <stddef.h>

#include "common/err.h"

/**
 * save_file - put @text into the file @path
 * @path: a symbolic link is followed; what is no regular file, such as
 *	/dev/stdout or a pipe, is written to
 * @text: all that the file shall have
 * @len: of @text, bytes
 *
 * The text is written to a new file in the same directory, synced, and renamed:
 * a full disk or a power cut leaves the old file, and nothing beside it where the
 * file system has files without a name.  The new one has the mode, the ACL, the
 * SELinux label and, as far as the caller may give it away, the owner of the old.
 *
 * Return: 0 or a negative errno with @err set, and @path as it was
 */
int save_file(const char *path, const char *text, size_t len, struct err *err);

#endif
