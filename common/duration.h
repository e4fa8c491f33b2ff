/* SPDX-License-Identifier: GPL-2.0-only */
/* Times as an admin types them: "500ms", "2s", "1m", "1h", and "2" for "2s". */
#ifndef DNAT_DURATION_H
#define DNAT_DURATION_H

#include <stddef.h>

#include "common/err.h"

#define DURATION_TEXT_LEN 16

/**
 * duration_parse - read a time
 * @text: a whole number and its unit: ms, s, m or h, nothing between; without
 *	a unit, seconds
 * @arg: name of the argument, for the error
 * @min: the least that is taken, in milliseconds
 * @max: the most, in milliseconds; 1000 hours or less
 * @ms: result, in milliseconds
 * @err: the sentence on failure
 *
 * Return: 0 or -EINVAL
 */
int duration_parse(const char *text, const char *arg, unsigned int min,
		   unsigned int max, unsigned int *ms, struct err *err);

/* @ms with the largest unit that leaves no rest; DURATION_TEXT_LEN bytes do. */
const char *duration_text(unsigned int ms, char *buf, size_t len);

#endif
