/* SPDX-License-Identifier: GPL-2.0-only */
/* Durations as an admin types them: "500ms", "2s", "1m", "1h"; "2" is "2s". */
#ifndef DNAT_DURATION_H
#define DNAT_DURATION_H

#include <stddef.h>

#include "common/err.h"

#define DURATION_TEXT_LEN 16

/**
 * duration_parse - read a duration
 * @text: a whole number followed by ms, s, m or h, without a blank; a number
 *	without a unit is in seconds
 * @arg: name of the argument, for the error
 * @min: smallest valid value, in milliseconds
 * @max: largest valid value, in milliseconds; 1000 hours or less
 * @ms: result, in milliseconds
 * @err: set on failure
 *
 * Return: 0 or -EINVAL
 */
int duration_parse(const char *text, const char *arg, unsigned int min,
		   unsigned int max, unsigned int *ms, struct err *err);

/*
 * Write @ms as a whole number of the largest unit that allows it, such as "1m"
 * for 60000.  DURATION_TEXT_LEN bytes are enough.  Return: @buf
 */
const char *duration_text(unsigned int ms, char *buf, size_t len);

#endif
