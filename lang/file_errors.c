// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/array.h"
#include "lang/file_errors.h"

#define FILE_LEN 256
#define MSG_LEN 1024

void file_errors_add(struct file_errors *faults, unsigned int line,
		     const char *msg)
{
	char *copy = NULL;

	if (faults->n == FILE_ERRORS_MAX) {
		faults->more++;
		return;
	}
	if (!array_room(&faults->list, faults->n, &faults->room,
			sizeof(*faults->list)))
		copy = strdup(msg);
	if (copy)
		faults->list[faults->n++] = (struct file_error){ line, copy };
	else
		faults->no_memory = true;
}

void file_errors_sort(struct file_errors *faults)
{
	for (size_t i = 1; i < faults->n; i++) {
		struct file_error fault = faults->list[i];
		size_t j = i;

		/* The list is nearly sorted, so this is fast. */
		for (; j && faults->list[j - 1].line > fault.line; j--)
			faults->list[j] = faults->list[j - 1];
		faults->list[j] = fault;
	}
}

void file_errors_clean(struct file_errors *faults)
{
	for (size_t i = 0; i < faults->n; i++)
		free(faults->list[i].msg);
	free(faults->list);
	memset(faults, 0, sizeof(*faults));
}

const char *file_errors_line(const struct file_errors *faults, size_t i,
			     const char *file, char *buf, size_t len)
{
	const struct file_error *fault = &faults->list[i];
	char name[FILE_LEN], msg[MSG_LEN];

	text_quote(file, name, sizeof(name));
	text_quote(fault->msg, msg, sizeof(msg));
	if (fault->line)
		snprintf(buf, len, "%s:%u: %s", name, fault->line, msg);
	else
		snprintf(buf, len, "%s: %s", name, msg);
	return buf;
}
