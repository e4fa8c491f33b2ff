// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "model/model.h"
#include "module/kmod_msg.h"
#include "module/kmod_pool.h"
#include "module/kmod_show.h"
#include "module/kmod_stats.h"

#define ROWS_A_PART 128		/* services and backends; a few milliseconds */

/* Append the rows of @list to an unfinished array.  Frees @list. */
static int add_rows(struct text *rows, json_t *list)
{
	json_t *row;
	size_t i;
	int ret = list ? 0 : -ENOMEM;

	json_array_foreach(list, i, row) {
		if (!ret && rows->buf[rows->len - 1] != '[')
			ret = text_add(rows, ",", 1);
		if (!ret)
			ret = text_json(rows, json_incref(row));
	}
	json_decref(list);
	return ret;
}

struct pool_list {
	struct long_answer parts;
	const struct kmod *kmod;
	struct nl nl;
};

static int pools_next(struct task *task, struct text *rows, struct err *err)
{
	struct pool_list *list = (struct pool_list *)task;
	json_t *pools = json_array();
	int rc;

	if (!list->nl.sock && text_add(rows, "[", 1)) {
		json_decref(pools);
		return err_no_memory(err);
	}
	rc = kmod_pools_more(list->kmod, &list->nl, kmod_parse_pool, pools,
			     err);
	if (add_rows(rows, pools) ||
	    (rc == TASK_DONE && text_add(rows, "]", 1)))
		return err_no_memory(err);
	return rc;
}

static void pools_free(struct task *task)
{
	nl_close(&((struct pool_list *)task)->nl);
	free(task);
}

int kmod_show_pools(const struct kmod *kmod, struct long_answer **parts,
		    struct err *err)
{
	struct pool_list *list = task_new(sizeof(*list), pools_next,
					  pools_free);

	if (!list)
		return err_no_memory(err);
	list->parts.whole = true;
	list->kmod = kmod;
	*parts = &list->parts;
	return 0;
}

struct counter_list {
	struct long_answer parts;
	const struct kmod *kmod;
	const struct model *model;
	counters_fn *list;
	bool all;
	char name[SERVICE_NAME_LEN + 1];	/* only service, or last done */
	bool counted;				/* @counters is complete */
	bool begun;
	struct nl nl;
	struct counters counters;
};

static int add_service(struct counter_list *list, struct text *rows,
		       const struct service *service)
{
	return add_rows(rows, list->list(&list->counters, list->model,
					 service));
}

static int rows_of_one(struct counter_list *list, struct text *rows)
{
	const struct service *service = model_find(list->model, list->name);

	return service ? add_service(list, rows, service) : 0;
}

/*
 * Services may be added and deleted between two parts.  The list continues
 * after the last name, so each service that stays is listed exactly once.
 */
static int rows_of_all(struct counter_list *list, struct text *rows)
{
	const struct model *model = list->model;
	size_t i = model_after(model, list->name);

	for (size_t n = 0; n < ROWS_A_PART && i < model->n_services; i++) {
		const struct service *service = model->services[i];

		if (add_service(list, rows, service))
			return -ENOMEM;
		strcpy(list->name, service->name);
		n += 1 + service->n_backends;
	}
	return i < model->n_services;
}

static int counter_list_next(struct task *task, struct text *rows,
			     struct err *err)
{
	struct counter_list *list = (struct counter_list *)task;
	int ret = 0;

	if (!list->counted) {
		ret = kmod_counters_more(list->kmod, list->all ? NULL :
					 model_find(list->model, list->name),
					 &list->nl, &list->counters, err);
		list->counted = ret == TASK_DONE;
		return ret < 0 ? ret : TASK_MORE;
	}
	if (!list->begun)
		ret = text_add(rows, "[", 1);
	list->begun = true;
	if (!ret)
		ret = list->all ? rows_of_all(list, rows) :
				  rows_of_one(list, rows);
	if (!ret)
		ret = text_add(rows, "]", 1);
	return ret < 0 ? err_no_memory(err) : ret;
}

static void counters_free(struct task *task)
{
	struct counter_list *list = (struct counter_list *)task;

	nl_close(&list->nl);
	counters_clean(&list->counters);
	free(list);
}

int kmod_show_counters(const struct kmod *kmod, const struct model *model,
		       const struct service *only, counters_fn *fn,
		       struct long_answer **parts, struct err *err)
{
	struct counter_list *list = task_new(sizeof(*list), counter_list_next,
					     counters_free);

	if (!list)
		return err_no_memory(err);
	list->parts.whole = true;
	list->kmod = kmod;
	list->model = model;
	list->list = fn;
	list->all = !only;
	if (only)
		strcpy(list->name, only->name);
	*parts = &list->parts;
	return 0;
}
