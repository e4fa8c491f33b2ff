// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/metrics.h"
#include "metrics/metrics_daemon.h"
#include "metrics/metrics_pools.h"
#include "metrics/metrics_service.h"
#include "metrics/metrics_stats.h"
#include "metrics/metrics_text.h"
#include "model/model.h"
#include "module/kmod_pool.h"
#include "module/kmod_stats.h"

#define ROWS_A_PART 512		/* services and backends */

enum step {
	STEP_TOTALS,
	STEP_COUNTERS_ASK,
	STEP_COUNTERS,
	STEP_COUNTERS_SORT,
	STEP_SERVICES,
	STEP_POOLS_ASK,
	STEP_POOLS,
	STEP_WRITE,
};

struct job {
	struct long_answer parts;
	const struct dnatd *dnatd;
	struct samples samples;
	enum step step;
	bool up;
	char last[SERVICE_NAME_LEN + 1];	/* name of last service done */
	struct nl nl;				/* for counters, then pools */
	struct counters counters;
	bool counted;				/* @counters is complete */
	struct pools_samples pools;
};

static int add_totals(struct job *job)
{
	const struct dnatd *dnatd = job->dnatd;
	json_t *stats;
	int ret;

	if (metrics_add_daemon(&job->samples, dnatd))
		return -ENOMEM;
	if (dnatd->in_force != ALLOC_MODULE)
		return 0;
	if (kmod_stats(dnatd->kmod, &stats, NULL)) {
		job->up = false;
		return 0;
	}
	ret = metrics_add_stats(&job->samples, stats);
	json_decref(stats);
	return ret;
}

/* A dump could not begin or has ended early: dnat_up becomes 0. */
static void failed(struct job *job, enum step next)
{
	job->up = false;
	job->step = next;
}

static int counters_ask(struct job *job)
{
	if (job->dnatd->in_force != ALLOC_MODULE)
		job->step = STEP_SERVICES;
	else if (kmod_counters_ask(job->dnatd->kmod, NULL, &job->nl, NULL))
		failed(job, STEP_SERVICES);
	else
		job->step = STEP_COUNTERS;
	return 0;
}

/*
 * Read one datagram of a dump.  The kernel fills the next when this is read.
 *
 * Return: 1 if there is more, 0 at the end, or a negative errno
 */
static int take(struct job *job, nl_fn fn, void *data)
{
	int done;
	int rc = nl_receive(&job->nl, fn, data, &done);

	if (!rc && !done)
		return 1;
	nl_close(&job->nl);
	return rc;
}

static int counters_take(struct job *job)
{
	int rc = take(job, kmod_parse_counter, &job->counters);

	if (rc == 1)
		return 0;
	if (!rc) {
		job->step = STEP_COUNTERS_SORT;
		return 0;
	}
	counters_clean(&job->counters);
	failed(job, STEP_SERVICES);
	return rc == -ENOMEM ? rc : 0;
}

static int sort_counters(struct job *job)
{
	int rc = counters_sort_part(&job->counters);

	if (!rc) {
		job->counted = true;
		job->step = STEP_SERVICES;
	}
	return rc < 0 ? rc : 0;
}

/* Return: 1 if there is more, 0 at the end, or -ENOMEM */
static int add_services(struct job *job)
{
	const struct dnatd *dnatd = job->dnatd;
	const struct model *model = dnatd->model;
	size_t i = model_after(model, job->last);

	for (size_t n = 0; n < ROWS_A_PART && i < model->n_services; i++) {
		const struct service *service = model->services[i];

		if (metrics_add_service(&job->samples, service, dnatd->health,
					job->counted ? &job->counters : NULL))
			return -ENOMEM;
		strcpy(job->last, service->name);
		n += 1 + service->n_backends;
	}
	return i < model->n_services;
}

static int pools_ask(struct job *job)
{
	if (job->dnatd->in_force != ALLOC_MODULE)
		job->step = STEP_WRITE;
	else if (kmod_pools_ask(job->dnatd->kmod, &job->nl, NULL))
		failed(job, STEP_WRITE);
	else
		job->step = STEP_POOLS;
	return 0;
}

static int pools_take(struct job *job)
{
	int rc = take(job, metrics_add_pool, &job->pools);

	if (rc == 1)
		return 0;
	if (!rc) {
		job->step = STEP_WRITE;
		return metrics_end_pools(&job->pools);
	}
	metrics_drop_pools(&job->pools);
	failed(job, STEP_WRITE);
	return rc == -ENOMEM ? rc : 0;
}

static int job_next(struct long_answer *parts, struct text *page,
		    struct err *err)
{
	struct job *job = (struct job *)parts;
	int ret = 0;

	switch (job->step) {
	case STEP_TOTALS:
		ret = add_totals(job);
		job->step = STEP_COUNTERS_ASK;
		break;
	case STEP_COUNTERS_ASK:
		ret = counters_ask(job);
		break;
	case STEP_COUNTERS:
		ret = counters_take(job);
		break;
	case STEP_COUNTERS_SORT:
		ret = sort_counters(job);
		break;
	case STEP_SERVICES:
		ret = add_services(job);
		if (!ret)
			job->step = STEP_POOLS_ASK;
		break;
	case STEP_POOLS_ASK:
		ret = pools_ask(job);
		break;
	case STEP_POOLS:
		ret = pools_take(job);
		break;
	case STEP_WRITE:
		if (!samples_add(&job->samples, METRIC_UP, NULL, job->up) &&
		    !samples_write(&job->samples, page))
			return 0;
		ret = -ENOMEM;
		break;
	}
	return ret < 0 ? err_no_memory(err) : 1;
}

static void job_free(struct long_answer *parts)
{
	struct job *job = (struct job *)parts;

	if (job->nl.sock)
		nl_close(&job->nl);
	counters_clean(&job->counters);
	samples_clean(&job->samples);
	free(job);
}

struct long_answer *metrics_page(void *dnatd)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->parts.next = job_next;
	job->parts.free = job_free;
	job->dnatd = dnatd;
	job->pools.samples = &job->samples;
	job->up = true;
	return &job->parts;
}
