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
	struct nl nl;
	bool begun;
};

static int pools_next(struct long_answer *parts, struct text *rows,
		      struct err *err)
{
	struct pool_list *list = (struct pool_list *)parts;
	json_t *pools = json_array();
	int done, rc;

	if (!list->begun && text_add(rows, "[", 1)) {
		json_decref(pools);
		return err_no_memory(err);
	}
	list->begun = true;
	rc = nl_receive(&list->nl, kmod_parse_pool, pools, &done);
	if (!rc && add_rows(rows, pools))
		return err_no_memory(err);
	if (rc) {
		json_decref(pools);
		return kmod_no_list(&list->nl, rc, err);
	}
	if (!done)
		return 1;
	return text_add(rows, "]", 1) ? err_no_memory(err) : 0;
}

static void pool_alarm_free(struct long_answer *parts)
{
	struct pool_list *list = (struct pool_list *)parts;

	nl_close(&list->nl);
	free(list);
}

int kmod_show_pools(const struct kmod *kmod, struct long_answer **parts,
		    struct err *err)
{
	struct pool_list *list = calloc(1, sizeof(*list));
	int rc;

	if (!list)
		return err_no_memory(err);
	list->parts.next = pools_next;
	list->parts.free = pool_alarm_free;
	list->parts.whole = true;
	rc = kmod_pools_ask(kmod, &list->nl, err);
	if (rc)
		free(list);
	else
		*parts = &list->parts;
	return rc;
}

enum step {
	STEP_TAKE,
	STEP_SORT,
	STEP_ROWS,
};

struct counter_list {
	struct long_answer parts;
	const struct model *model;
	counters_fn *list;
	bool all;
	char name[SERVICE_NAME_LEN + 1];	/* only service, or last done */
	enum step step;
	bool begun;
	struct nl nl;
	struct counters counters;
};

static int take(struct counter_list *list, struct err *err)
{
	int done;
	int rc = nl_receive(&list->nl, kmod_parse_counter, &list->counters,
			    &done);

	if (rc)
		return kmod_no_list(&list->nl, rc, err);
	if (done)
		list->step = STEP_SORT;
	return 1;
}

static int sort(struct counter_list *list, struct err *err)
{
	int rc = counters_sort_part(&list->counters);

	if (rc < 0)
		return err_no_memory(err);
	if (!rc)
		list->step = STEP_ROWS;
	return 1;
}

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

static int counters_next(struct long_answer *parts, struct text *rows,
			 struct err *err)
{
	struct counter_list *list = (struct counter_list *)parts;
	int ret = 0;

	if (list->step == STEP_TAKE)
		return take(list, err);
	if (list->step == STEP_SORT)
		return sort(list, err);
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

static void counters_free(struct long_answer *parts)
{
	struct counter_list *list = (struct counter_list *)parts;

	nl_close(&list->nl);
	counters_clean(&list->counters);
	free(list);
}

int kmod_show_counters(const struct kmod *kmod, const struct model *model,
		       const struct service *only, counters_fn *fn,
		       struct long_answer **parts, struct err *err)
{
	struct counter_list *list = calloc(1, sizeof(*list));
	int rc;

	if (!list)
		return err_no_memory(err);
	list->parts.next = counters_next;
	list->parts.free = counters_free;
	list->parts.whole = true;
	list->model = model;
	list->list = fn;
	list->all = !only;
	if (only)
		strcpy(list->name, only->name);
	rc = kmod_counters_ask(kmod, only, &list->nl, err);
	if (rc)
		free(list);
	else
		*parts = &list->parts;
	return rc;
}
