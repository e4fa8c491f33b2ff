// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "base/json_text.h"

static int dump_text(const char *more, size_t len, void *text)
{
	return text_add(text, more, len);
}

int text_json(struct text *text, json_t *json)
{
	int ret = json && !json_dump_callback(json, dump_text, text,
					      JSON_COMPACT | JSON_ENCODE_ANY) ? 0 : -ENOMEM;

	json_decref(json);
	return ret;
}

int text_json_row(struct text *text, json_t *json)
{
	if (text->buf[text->len - 1] == '[' || !text_add(text, ",", 1))
		return text_json(text, json);
	json_decref(json);
	return -ENOMEM;
}
