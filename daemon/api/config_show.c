// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "api/config_show.h"
#include "base/json_text.h"
#include "model/export.h"
#include "model/model.h"

#define ROWS_A_PART 128		/* services and backends; a few milliseconds */
#define TRIES 10		/* the last one makes the rest in one part */

struct config {
	struct long_answer parts;
	const struct dnatd *dnatd;
	bool brief;
	unsigned long changes;	/* dnatd->changes when this try began */
	unsigned int tries;
	size_t start;		/* its offset in the text, 0: not begun */
	size_t next;		/* index of the next service */
};

/* Begin, or begin again: write all before the first service. */
static int begin(struct config *config, struct text *rows)
{
	static const char end[] = "]}";
	const struct model settings = {
		.vdports = config->dnatd->model->vdports
	};

	if (!config->start)
		config->start = rows->len;
	rows->len = config->start;
	config->changes = config->dnatd->changes;
	config->next = 0;
	config->tries++;
	if (text_json(rows, model_to_json(&settings)))
		return -ENOMEM;
	rows->len -= sizeof(end) - 1;
	return 0;
}

static int add_service(struct config *config, struct text *rows,
		       const struct service *service)
{
	config->next++;
	return text_json_row(rows, config->brief ? export_service(service) :
						   service_to_state(service));
}

static int config_next(struct task *task, struct text *rows, struct err *err)
{
	struct config *config = (struct config *)task;
	const struct model *model = config->dnatd->model;
	size_t n = 0;

	if ((!config->start || config->changes != config->dnatd->changes) &&
	    begin(config, rows))
		return err_no_memory(err);
	while (config->next < model->n_services) {
		const struct service *service = model->services[config->next];

		if (n >= ROWS_A_PART && config->tries < TRIES)
			return 1;
		if (add_service(config, rows, service))
			return err_no_memory(err);
		n += 1 + service->n_backends;
	}
	return text_add(rows, "]}", 2) ? err_no_memory(err) : 0;
}

static void config_free(struct task *task)
{
	free(task);
}

struct long_answer *config_show(const struct dnatd *dnatd, bool brief)
{
	struct config *config = task_new(sizeof(*config), config_next,
					 config_free);

	if (!config)
		return NULL;
	config->parts.whole = true;
	config->dnatd = dnatd;
	config->brief = brief;
	return &config->parts;
}
