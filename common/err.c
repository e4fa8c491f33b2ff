// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "common/err.h"

int err_set(struct err *err, int error, const char *arg, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return error;

	snprintf(err->arg, sizeof(err->arg), "%s", arg ? arg : "");
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return error;
}

int err_no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, NULL, "%s is out of memory",
		       program_invocation_short_name);
}

const char *err_root_hint(int error)
{
	if (error != EACCES || geteuid())
		return "";
	return "; root has no CAP_DAC_OVERRIDE here, as in dnatd.service: chown it to root, and the directories above";
}
