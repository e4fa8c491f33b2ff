/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Error messages for the admin.
 *
 * Functions return a negative errno.  If the caller passes a struct err, they
 * write one sentence to @msg that says what is wrong and what to do.  @arg is
 * the name of the wrong argument ("port", "addr", ...) or empty.
 */
#ifndef DNAT_ERR_H
#define DNAT_ERR_H

struct err {
	char arg[64];
	char msg[480];
};

/**
 * err_set - fill @err and return the errno, for use in a return statement
 * @err: result, or NULL
 * @error: negative errno
 * @arg: name of the wrong argument, or NULL
 * @fmt: the message, without a newline
 *
 * Return: @error
 */
int err_set(struct err *err, int error, const char *arg, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * err_no_memory - fill @err for -ENOMEM
 * @err: result, or NULL
 *
 * Return: -ENOMEM
 */
int err_no_memory(struct err *err);

/**
 * err_root_hint - explain why root cannot open a file
 * @error: positive errno of open()
 *
 * dnatd.service takes CAP_DAC_OVERRIDE from root.  In a shell root has it and
 * can read the file, which hides the cause from the admin.
 *
 * Return: text to append to a message; "" unless root got EACCES
 */
const char *err_root_hint(int error);

#endif
