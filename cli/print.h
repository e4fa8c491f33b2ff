/* SPDX-License-Identifier: GPL-2.0-only */
/* An answer as JSON, part after part. */
#ifndef DNATCTL_PRINT_H
#define DNATCTL_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/client.h"
#include "common/err.h"

struct json_page {
	FILE *out;
	bool pretty;
	bool begun;		/* the array is open */
	bool rows;		/* it has one */
};

/**
 * print_json - print the result in an answer, that of all parts as one array
 * @page: where to; whether it could be written is for the caller to check
 * @answer: the answer or a part of it
 * @err: the sentence on failure
 *
 * Return: 0, -EPROTO where there is no result, or -ENOMEM
 */
int print_json(struct json_page *page, const struct answer *answer,
	       struct err *err);

#endif
