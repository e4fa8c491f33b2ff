// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/file.h"
#include "common/addr.h"

#define LINE_LEN 2048

char *file_load(const struct cli *cli, const char **file, size_t *len,
		struct err *err)
{
	const char *path = json_string_value(json_object_get(cli->args, "-f"));
	struct err why = { 0 };
	char *text = conf_load(path, len, &why);

	*file = strcmp(path, "-") ? path : "stdin";
	if (!text)
		err_set(err, -EINVAL, NULL, "%.200s %s", *file, why.msg);
	return text;
}

void file_faults(struct file_errors *faults, const char *file)
{
	char line[LINE_LEN];

	file_errors_sort(faults);
	for (size_t i = 0; i < faults->n && i < FILE_TOLD_MAX; i++)
		fprintf(stderr, "%s\n",
			file_errors_line(faults, i, file, line, sizeof(line)));
	if (faults->no_memory)
		fprintf(stderr, "%s: and more, for which memory is short\n",
			text_quote(file, line, sizeof(line)));
	else if (faults->n > FILE_TOLD_MAX)
		file_more(faults->n - FILE_TOLD_MAX + faults->more, file);
}

void file_more(size_t more, const char *file)
{
	char quoted[LINE_LEN];

	fprintf(stderr, "%s: and %zu more; mend these first\n",
		text_quote(file, quoted, sizeof(quoted)), more);
}
