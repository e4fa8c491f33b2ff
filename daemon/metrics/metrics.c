// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "metrics/metrics.h"
#include "metrics/metrics_daemon.h"
#include "metrics/metrics_pools.h"
#include "metrics/metrics_service.h"
#include "metrics/metrics_stats.h"
#include "metrics/metrics_text.h"
#include "model/walk.h"
#include "module/kmod_pool.h"
#include "module/kmod_stats.h"

#define ROWS_A_PART 512		/* services and backends */

struct job {
	struct long_answer parts;
	const struct dnatd *dnatd;
	struct samples samples;
	size_t stage;				/* index of stages[] */
	bool up;
	struct service_walk walk;
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

/* A list that could not be read is left out, and dnat_up becomes 0. */
static int failed(struct job *job, int rc)
{
	job->up = false;
	return rc == -ENOMEM ? rc : TASK_DONE;
}

static int read_counters(struct job *job)
{
	int rc;

	if (job->dnatd->in_force != ALLOC_MODULE)
		return TASK_DONE;
	rc = kmod_counters_more(job->dnatd->kmod, NULL, &job->nl,
				&job->counters, NULL);
	job->counted = rc == TASK_DONE;
	return rc < 0 ? failed(job, rc) : rc;
}

static int add_service(const struct service *service, void *data)
{
	struct job *job = data;

	return metrics_add_service(&job->samples, service, job->dnatd->health,
				   job->counted ? &job->counters : NULL);
}

static int add_services(struct job *job)
{
	return service_walk(&job->walk, job->dnatd->model, ROWS_A_PART,
			    add_service, job);
}

static int add_pools(struct job *job)
{
	int rc;

	if (job->dnatd->in_force != ALLOC_MODULE)
		return TASK_DONE;
	rc = kmod_pools_more(job->dnatd->kmod, &job->nl, metrics_add_pool,
			     &job->pools, NULL);
	if (rc == TASK_DONE)
		return metrics_end_pools(&job->pools);
	if (rc == TASK_MORE)
		return rc;
	metrics_drop_pools(&job->pools);
	return failed(job, rc);
}

/* Each is called until it returns TASK_DONE, or a negative errno to give up. */
static int (*const stages[])(struct job *job) = {
	add_totals, read_counters, add_services, add_pools, NULL
};

static int job_step(struct task *task, struct text *page, struct err *err)
{
	struct job *job = (struct job *)task;
	int ret;

	if (stages[job->stage]) {
		ret = stages[job->stage](job);
		job->stage += ret == TASK_DONE;
		return ret < 0 ? err_no_memory(err) : TASK_MORE;
	}
	return samples_add(&job->samples, METRIC_UP, NULL, job->up) ||
	       samples_write(&job->samples, page) ?
		       err_no_memory(err) : TASK_DONE;
}

static void job_free(struct task *task)
{
	struct job *job = (struct job *)task;

	nl_close(&job->nl);
	counters_clean(&job->counters);
	samples_clean(&job->samples);
	free(job);
}

struct long_answer *metrics_page(void *dnatd)
{
	struct job *job = task_new(sizeof(*job), job_step, job_free);

	if (!job)
		return NULL;
	job->dnatd = dnatd;
	job->pools.samples = &job->samples;
	job->up = true;
	return &job->parts;
}
