/* SPDX-License-Identifier: GPL-2.0-only */
/* An answer in parts, as one array. */
#ifndef DNAT_LONG_ANSWER_JSON_H
#define DNAT_LONG_ANSWER_JSON_H

#include <jansson.h>

#include "base/long_answer.h"
#include "unit.h"

/* Frees @parts; NULL where a part fails. */
static inline json_t *long_answer_json(struct long_answer *parts,
				       struct err *err)
{
	struct text rows = { 0 };
	json_t *list = NULL;
	int ret;

	NEED(!text_add(&rows, "[", 1));
	do
		ret = parts->task.step(&parts->task, &rows, err);
	while (ret == 1);
	NEED(!text_add(&rows, "]", 1));
	if (!ret)
		NEED(list = json_loadb(rows.buf, rows.len, 0, NULL));
	free(rows.buf);
	long_answer_free(parts);
	return list;
}

#endif
