// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/show.h"
#include "base/json_text.h"
#include "engine/count.h"
#include "engine/health.h"
#include "engine/pool_alarm.h"
#include "engine/unanswered.h"
#include "model/model.h"
#include "model/slots.h"
#include "model/walk.h"

#define ROWS_A_PART 128		/* services and backends; a few milliseconds */

struct show;

typedef int list_fn(const struct show *show, struct text *rows,
		    const struct service *service);

struct show {
	struct long_answer parts;
	struct dnatd *dnatd;
	list_fn *list;
	const char *health;
	struct service_walk walk;
	struct text *rows;
	bool begun;
	struct count_wait count;
	bool waited;		/* has waited; use that count to the end */
	struct unanswered unanswered;	/* for list_backends() */
	struct err err;		/* why the count failed, if @error */
	int error;
};

static bool drains(const struct backend *backend)
{
	return !backend_weight(backend);
}

/* Return: the connections of a draining backend, 0 if it does not drain */
static json_int_t left_of(const struct dnatd *dnatd,
			  const struct service *service,
			  const struct backend *backend)
{
	uint64_t n = 0;

	if (drains(backend))
		counts_left(dnatd->counts, service, backend, &n);
	return (json_int_t)n;
}

static bool is_down(const struct dnatd *dnatd, const struct service *service,
		    const struct backend *backend)
{
	struct health_counts counts;

	return health_count(dnatd->health, service, backend, &counts) &&
	       counts.down;
}

static json_t *service_row(const struct dnatd *dnatd,
			   const struct service *service)
{
	json_t *row = service_to_json(service);
	json_int_t n_up = 0, n_drain = 0, n_down = 0, n_left = 0;

	for (size_t i = 0; i < service->n_backends; i++) {
		const struct backend *backend = &service->backends[i];

		if (drains(backend)) {
			n_drain++;
			n_left += left_of(dnatd, service, backend);
		} else if (is_down(dnatd, service, backend)) {
			n_down++;
		} else {
			n_up++;
		}
	}
	if (!json_object_set_new(row, "up", json_integer(n_up)) &&
	    !json_object_set_new(row, "drain", json_integer(n_drain)) &&
	    !json_object_set_new(row, "down", json_integer(n_down)) &&
	    !json_object_set_new(row, "left", n_drain ? json_integer(n_left) :
							json_null()))
		return row;
	json_decref(row);
	return NULL;
}

/* @health: up, down or checking; none for backends without checks; NULL: any */
static bool has_health(const struct dnatd *dnatd,
		       const struct service *service,
		       const struct backend *backend, const char *health)
{
	const char *is = "none";
	struct health_counts counts;

	if (health_count(dnatd->health, service, backend, &counts))
		is = counts.down ? "down" :
		     counts.passed + counts.failed ? "up" : "checking";
	return !health || !strcmp(is, health);
}

/* Add the service's row, if a backend has the wanted health. */
static int list_service(const struct show *show, struct text *rows,
			const struct service *service)
{
	bool wanted = !show->health;

	for (size_t i = 0; !wanted && i < service->n_backends; i++)
		wanted = has_health(show->dnatd, service,
				    &service->backends[i], show->health);
	return wanted ? text_json_row(rows, service_row(show->dnatd, service)) :
			0;
}

static json_t *backend_row(const struct show *show,
			   const struct service *service,
			   const struct backend *backend)
{
	const struct dnatd *dnatd = show->dnatd;
	json_t *row = backend_to_json(backend, service->name);
	json_t *rest = json_null();
	bool drain = drains(backend);
	unsigned int ms;

	if (backend_left(backend, model_now(), &ms))
		rest = json_integer((ms + 999) / 1000);
	if ((backend->state != BACKEND_UP ||
	     !json_object_set_new(row, "state",
				  json_string(drain ? "drain" : "up"))) &&
	    !json_object_set_new(row, "left", drain ?
				 json_integer(left_of(dnatd, service, backend)) :
				 json_null()) &&
	    !json_object_set_new(row, "deadline_in", rest) &&
	    !json_object_set_new(row, "unanswered",
				 unanswered_of(&show->unanswered, service,
					       backend)) &&
	    !health_to_json(dnatd->health, service, backend, row) &&
	    !pool_alarm_to_json(dnatd->pools, service, backend, row))
		return row;
	json_decref(row);
	return NULL;
}

static int list_backends(const struct show *show, struct text *rows,
			 const struct service *service)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < service->n_backends; i++) {
		const struct backend *backend = &service->backends[i];

		if (has_health(show->dnatd, service, backend, show->health))
			ret = text_json_row(rows, backend_row(show, service,
							      backend));
	}
	return ret;
}

static void counted(const struct err *err, void *data)
{
	struct show *show = data;

	show->waited = true;
	if (err) {
		show->err = *err;
		show->error = -EIO;
	}
	if (show->parts.wake)
		show->parts.wake(show->parts.wake_data);
}

/* Is the last count new, and does it have all draining backends of @service? */
static bool all_counted(const struct show *show, const struct service *service)
{
	uint64_t n;

	for (size_t i = 0; i < service->n_backends; i++)
		if (drains(&service->backends[i]) &&
		    ((!show->waited && !counts_rest_ms(show->dnatd->counts)) ||
		     !counts_left(show->dnatd->counts, service,
				  &service->backends[i], &n)))
			return false;
	return true;
}

static int list_next(const struct service *service, void *data)
{
	const struct show *show = data;

	return all_counted(show, service) ?
		       show->list(show, show->rows, service) : TASK_LATER;
}

/*
 * Read the counters of all services at once, because the module searches all
 * its counters in each request.  Return: whether there is more to read
 */
static bool counts_come(struct show *show)
{
	return show->list == list_backends &&
	       unanswered_more(&show->unanswered, show->dnatd,
			       service_walk_only(&show->walk,
						 show->dnatd->model));
}

static int show_next(struct task *task, struct text *rows, struct err *err)
{
	struct show *show = (struct show *)task;
	int ret = 0;

	if (show->error) {
		*err = show->err;
		return show->error;
	}
	if (counts_come(show))
		return 1;
	if (!show->begun)
		ret = text_add(rows, "[", 1);
	show->begun = true;
	show->rows = rows;
	if (!ret)
		ret = service_walk(&show->walk, show->dnatd->model, ROWS_A_PART,
				   list_next, show);
	if (ret == TASK_LATER)
		counts_wait(show->dnatd->counts, &show->count);
	else if (!ret)
		ret = text_add(rows, "]", 1);
	return ret < 0 ? err_no_memory(err) : ret;
}

static void show_free(struct task *task)
{
	struct show *show = (struct show *)task;

	counts_cancel(show->dnatd->counts, &show->count);
	unanswered_clean(&show->unanswered);
	free(show);
}

static struct long_answer *show_new(struct dnatd *dnatd,
				    const struct service *only,
				    const char *health, list_fn *list)
{
	struct show *show = task_new(sizeof(*show), show_next, show_free);

	if (!show)
		return NULL;
	show->parts.whole = true;
	show->dnatd = dnatd;
	show->list = list;
	show->health = health;
	show->walk = service_walk_to(only);
	show->count.done = counted;
	show->count.data = show;
	return &show->parts;
}

struct long_answer *show_services(struct dnatd *dnatd,
				  const struct service *only,
				  const char *health)
{
	return show_new(dnatd, only, health, list_service);
}

struct long_answer *show_backends(struct dnatd *dnatd,
				  const struct service *only,
				  const char *health)
{
	return show_new(dnatd, only, health, list_backends);
}
