/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What went wrong, in words for the admin.
 *
 * Functions return a negative errno and, where the caller passes a struct
 * err, leave one sentence in it that says what to do.  @arg names the
 * argument at fault ("port", "addr", ...) or is empty.
 */
#ifndef DNAT_ERR_H
#define DNAT_ERR_H

struct err {
	char arg[64];
	char msg[480];
};

/**
 * err_set - fill @err and hand back the errno, for use in a return statement
 * @err: where to, NULL to drop the text
 * @error: negative errno
 * @arg: name of the argument at fault, NULL for none
 * @fmt: the sentence, no newline
 *
 * Return: @error
 */
int err_set(struct err *err, int error, const char *arg, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * err_no_memory - the same, where there is no memory
 * @err: where to, NULL to drop the text
 *
 * Return: -ENOMEM
 */
int err_no_memory(struct err *err);

/**
 * err_root_hint - why a file's permissions count for root, too
 * @error: errno of an open
 *
 * The unit leaves root without CAP_DAC_OVERRIDE.  In a shell root can read the
 * file.
 *
 * Return: the end of a sentence, "" where that is not why
 */
const char *err_root_hint(int error);

#endif
