/* SPDX-License-Identifier: GPL-2.0-only */
/* Print an answer as JSON, part by part. */
#ifndef DNATCTL_PRINT_H
#define DNATCTL_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/client.h"
#include "common/err.h"

struct json_page {
	FILE *out;
	bool pretty;
	bool begun;		/* "[" is printed */
	bool rows;		/* an element is printed */
};

/**
 * print_json - print the result; the parts of one answer become one array
 * @page: the output; the caller checks it for write errors
 * @answer: the answer or a part of it, of which only @result and @more are used
 * @err: the message on failure
 *
 * Return: 0, -EPROTO if there is no result, or -ENOMEM
 */
int print_json(struct json_page *page, const struct answer *answer,
	       struct err *err);

#endif
