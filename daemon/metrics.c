// SPDX-License-Identifier: GPL-2.0-only
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kmod_pool.h"
#include "kmod_stats.h"
#include "metrics.h"
#include "metrics_service.h"
#include "metrics_text.h"
#include "process.h"
#include "status.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ROWS_A_PART 512		/* services and backends */
#define TRIES 10

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
	struct parts parts;
	const struct dnatd *dnatd;
	struct samples samples;
	enum step step;
	bool up;
	char last[SERVICE_NAME_LEN + 1];	/* of the services that are done */
	struct nl nl;				/* for counters, then pools */
	unsigned int tries;
	struct counters counters;
	bool counted;				/* all of them are there */
	uint64_t open, half_open, closed;	/* connections, over all pools */
};

static const struct metric_of_stats {
	const char *name;
	enum metric metric;
	struct label label[2];
} of_stats[] = {
	{ "begun", METRIC_CONNECTIONS_TOTAL, { { NULL, NULL } } },
	{ "ended", METRIC_CONNECTIONS_ENDED, { { NULL, NULL } } },
	{ "unconfirmed", METRIC_CONNECTIONS_UNCONFIRMED, { { NULL, NULL } } },
	{ "taken_back", METRIC_CONNECTIONS_TAKEN_BACK, { { NULL, NULL } } },
	{ "uncounted", METRIC_CONNECTIONS_UNCOUNTED, { { NULL, NULL } } },
	{ "skipped", METRIC_VDPORTS_SKIPPED, { { NULL, NULL } } },
	{ "exhausted", METRIC_DROPPED_PACKETS, { { "reason", "exhausted" } } },
	{ "no_memory", METRIC_DROPPED_PACKETS, { { "reason", "no_memory" } } },
	{ "fast", METRIC_FAST_PACKETS, { { NULL, NULL } } },
};

static int add_process(struct samples *samples)
{
	struct process process;

	if (process_read("/proc", &process))
		return 0;
	return samples_add_real(samples, METRIC_CPU_SECONDS, NULL,
				process.cpu) ||
	       samples_add_real(samples, METRIC_START_TIME, NULL,
				process.started) ||
	       samples_add(samples, METRIC_RESIDENT_MEMORY, NULL,
			   process.resident) ||
	       samples_add(samples, METRIC_VIRTUAL_MEMORY, NULL,
			   process.virtual) ||
	       samples_add(samples, METRIC_OPEN_FDS, NULL, process.open_fds) ||
	       samples_add(samples, METRIC_MAX_FDS, NULL, process.max_fds) ?
		       -ENOMEM : 0;
}

static int add_infos(struct samples *samples, const struct dnatd *dnatd)
{
	const struct label build[] = { { "version", PACKAGE_VERSION },
				       { NULL, NULL } };
	const struct label allocator[] = {
		{ "allocator", allocator_text(dnatd->in_force) },
		{ "module", dnatd->kmod ? kmod_version(dnatd->kmod) : "" },
		{ NULL, NULL }
	};

	return samples_add(samples, METRIC_BUILD_INFO, build, 1) ||
	       samples_add(samples, METRIC_ALLOCATOR_INFO, allocator, 1) ?
		       -ENOMEM : 0;
}

static int add_counts(struct samples *samples, const struct dnatd *dnatd)
{
	const struct model *model = dnatd->model;
	size_t backends = 0;

	for (size_t i = 0; i < model->n_services; i++)
		backends += model->services[i]->n_backends;
	return samples_add(samples, METRIC_SERVICES, NULL,
			   model->n_services) ||
	       samples_add(samples, METRIC_BACKENDS, NULL, backends) ||
	       samples_add(samples, METRIC_CONFIG_CHANGES, NULL,
			   dnatd->changes) ?
		       -ENOMEM : 0;
}

static int add_repairs(struct samples *samples, const struct repairs *repairs)
{
	return samples_add(samples, METRIC_REPAIRS, NULL, repairs->total) ||
	       samples_add(samples, METRIC_REPAIRS_HELD, NULL,
			   repairs_held(repairs, repairs_now())) ||
	       samples_add(samples, METRIC_NOTICES_LOST, NULL,
			   repairs->overruns) ?
		       -ENOMEM : 0;
}

static int add_slow(struct samples *samples, const json_t *slow)
{
	const char *reason;
	const json_t *count;

	json_object_foreach((json_t *)slow, reason, count) {
		const struct label labels[] = { { "reason", reason },
						{ NULL, NULL } };

		if (samples_add(samples, METRIC_SLOW_PACKETS, labels,
				(uint64_t)json_integer_value(count)))
			return -ENOMEM;
	}
	return 0;
}

static int add_stats(struct samples *samples, const json_t *stats)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_stats); i++) {
		const struct metric_of_stats *of = &of_stats[i];
		const json_t *count = json_object_get(stats, of->name);

		if (samples_add(samples, of->metric, of->label,
				(uint64_t)json_integer_value(count)))
			return -ENOMEM;
	}
	return add_slow(samples, json_object_get(stats, "slow"));
}

static int add_totals(struct job *job)
{
	const struct dnatd *dnatd = job->dnatd;
	json_t *stats;
	int ret;

	if (add_infos(&job->samples, dnatd) ||
	    add_counts(&job->samples, dnatd) ||
	    add_repairs(&job->samples, &dnatd->repairs) ||
	    add_process(&job->samples))
		return -ENOMEM;
	if (dnatd->in_force != ALLOC_MODULE)
		return 0;
	if (kmod_stats(dnatd->kmod, &stats, NULL)) {
		job->up = false;
		return 0;
	}
	ret = add_stats(&job->samples, stats);
	json_decref(stats);
	return ret;
}

/* Services come and go between two parts: the order of their names stays. */
static size_t first_left(const struct model *model, const char *last)
{
	size_t low = 0, high = model->n_services;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(model->services[middle]->name, last) > 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* A dump was refused, or broke off. */
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

/**
 * take - one datagram of a dump: the kernel makes the next when this is taken
 * @ask: the step to begin again with
 *
 * Return: 1 with more to come, 0 at the end, -EAGAIN where all that was taken
 *	counts for nothing, and is asked for again; or another negative errno
 */
static int take(struct job *job, nl_fn fn, void *data, enum step ask)
{
	int done;
	int rc = nl_receive(&job->nl, fn, data, &done);

	if (!rc && !done)
		return 1;
	nl_close(&job->nl);
	if (rc == -EINTR && ++job->tries < TRIES) {
		job->step = ask;
		return -EAGAIN;
	}
	job->tries = 0;
	return rc;
}

static int counters_take(struct job *job)
{
	int rc = take(job, kmod_parse_counter, &job->counters,
		      STEP_COUNTERS_ASK);

	if (rc == 1)
		return 0;
	if (!rc) {
		job->step = STEP_COUNTERS_SORT;
		return 0;
	}
	counters_clean(&job->counters);
	if (rc != -EAGAIN && rc != -ENOMEM)
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

/* Return: 1 with more to come, 0, or -ENOMEM */
static int add_services(struct job *job)
{
	const struct dnatd *dnatd = job->dnatd;
	const struct model *model = dnatd->model;
	size_t i = first_left(model, job->last);

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

static int add_pool(const struct nlmsghdr *nlh, void *data)
{
	struct job *job = data;
	char vip[INET6_ADDRSTRLEN], backend[ENDPOINT_LEN];
	struct label labels[4] = { 0 };
	struct samples *samples = &job->samples;
	struct kmod_pool pool;

	if (!kmod_pool_read(nlh, &pool))
		return 0;
	labels[0] = (struct label){ "vip", addr_text(&pool.vip, vip,
						     sizeof(vip)) };
	labels[1] = (struct label){ "proto", proto_text(pool.proto) };
	labels[2] = (struct label){ "backend", endpoint_text(&pool.backend,
							pool.port, backend) };
	job->half_open += pool.half_open;
	job->closed += pool.closed;
	if (pool.in_use > pool.half_open + pool.closed)
		job->open += pool.in_use - pool.half_open - pool.closed;
	return samples_add(samples, METRIC_VDPORTS_IN_USE, labels,
			   pool.in_use) ||
	       samples_add(samples, METRIC_VDPORTS_HALF_OPEN, labels,
			   pool.half_open) ||
	       samples_add(samples, METRIC_VDPORTS_CLOSED, labels,
			   pool.closed) ||
	       samples_add(samples, METRIC_VDPORTS_CAPACITY, labels,
			   pool.capacity) ||
	       samples_add(samples, METRIC_VDPORTS_TAKEN_BACK, labels,
			   pool.taken_back) ||
	       samples_add(samples, METRIC_VDPORTS_FAILURES, labels,
			   pool.failures) ?
		       -ENOMEM : 0;
}

static int add_connections(struct samples *samples, const char *state,
			   uint64_t n)
{
	const struct label labels[] = { { "state", state }, { NULL, NULL } };

	return samples_add(samples, METRIC_CONNECTIONS, labels, n);
}

static void drop_pools(struct job *job)
{
	samples_drop(&job->samples, METRIC_VDPORTS_IN_USE);
	samples_drop(&job->samples, METRIC_VDPORTS_HALF_OPEN);
	samples_drop(&job->samples, METRIC_VDPORTS_CLOSED);
	samples_drop(&job->samples, METRIC_VDPORTS_CAPACITY);
	samples_drop(&job->samples, METRIC_VDPORTS_TAKEN_BACK);
	samples_drop(&job->samples, METRIC_VDPORTS_FAILURES);
	job->open = 0;
	job->half_open = 0;
	job->closed = 0;
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
	int rc = take(job, add_pool, job, STEP_POOLS_ASK);

	if (rc == 1)
		return 0;
	if (!rc) {
		job->step = STEP_WRITE;
		return add_connections(&job->samples, "open", job->open) ||
		       add_connections(&job->samples, "half-open",
				       job->half_open) ||
		       add_connections(&job->samples, "closed",
				       job->closed) ?
			       -ENOMEM : 0;
	}
	drop_pools(job);
	if (rc != -EAGAIN && rc != -ENOMEM)
		failed(job, STEP_WRITE);
	return rc == -ENOMEM ? rc : 0;
}

static int job_next(struct parts *parts, struct text *page, struct err *err)
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

static void job_free(struct parts *parts)
{
	struct job *job = (struct job *)parts;

	if (job->nl.sock)
		nl_close(&job->nl);
	counters_clean(&job->counters);
	samples_clean(&job->samples);
	free(job);
}

struct parts *metrics_page(void *dnatd)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->parts.next = job_next;
	job->parts.free = job_free;
	job->dnatd = dnatd;
	job->up = true;
	return &job->parts;
}
