// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "cli/client.h"
#include "cli/file.h"
#include "cli/warnings.h"
#include "common/addr.h"

#define LINE_LEN 2048
#define PLACE_LEN 300

void warnings_tell(const char *place, const json_t *result)
{
	const json_t *notes = json_object_get(result, "notes");
	char quoted[LINE_LEN];
	const json_t *note;
	size_t i;

	/* Print earlier output first. */
	fflush(stdout);
	json_array_foreach(notes, i, note) {
		const char *text = json_string_value(note);

		if (i == FILE_TOLD_MAX) {
			fprintf(stderr, "dnatctl: and %zu notes more\n",
				json_array_size(notes) - i);
			break;
		}
		text_quote(text ? text : "", quoted, sizeof(quoted));
		fprintf(stderr, "%s%s%s\n", place ? place : "",
			place ? ": note: " : "", quoted);
	}
}

int warnings_place(json_t *result, const struct conf *conf, const char *file)
{
	json_t *notes = json_object_get(result, "notes");
	char name[PLACE_LEN], where[2 * PLACE_LEN], text[LINE_LEN];
	const json_t *note;
	size_t i;

	text_quote(file, name, sizeof(name));
	json_array_foreach(notes, i, note) {
		snprintf(text, sizeof(text), "%s: note: %s",
			 conf_where(conf, name, answer_text(note, "arg"), where,
				    sizeof(where)),
			 answer_text(note, "msg"));
		if (json_array_set_new(notes, i, json_string(text)))
			return -ENOMEM;
	}
	return 0;
}
