// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "base/json_text.h"
#include "model/walk.h"
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

	json_array_foreach(list, i, row)
		if (!ret)
			ret = text_json_row(rows, json_incref(row));
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
	struct service_walk walk;
	struct text *rows;
	bool counted;				/* @counters is complete */
	bool begun;
	struct nl nl;
	struct counters counters;
};

static int add_service(const struct service *service, void *data)
{
	const struct counter_list *list = data;
	json_t *rows = json_array();

	if (!list->list(rows, &list->counters, service))
		return add_rows(list->rows, rows);
	json_decref(rows);
	return -ENOMEM;
}

static int counter_list_next(struct task *task, struct text *rows,
			     struct err *err)
{
	struct counter_list *list = (struct counter_list *)task;
	int ret = 0;

	if (!list->counted) {
		ret = kmod_counters_more(list->kmod,
					 service_walk_only(&list->walk,
							   list->model),
					 &list->nl, &list->counters, err);
		list->counted = ret == TASK_DONE;
		return ret < 0 ? ret : TASK_MORE;
	}
	if (!list->begun)
		ret = text_add(rows, "[", 1);
	list->begun = true;
	list->rows = rows;
	if (!ret)
		ret = service_walk(&list->walk, list->model, ROWS_A_PART,
				   add_service, list);
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
	list->walk = service_walk_to(only);
	*parts = &list->parts;
	return 0;
}
