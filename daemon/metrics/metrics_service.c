// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>

#include "metrics/metrics_service.h"
#include "model/slots.h"

#define LABELS_MAX 3	/* service, backend and one more */

static const struct metric_of_count {
	enum metric of_service, of_backend;
	struct label more;
} of_counts[COUNT_VALUES] = {
	[COUNT_CONNECTIONS] = { METRIC_SERVICE_CONNECTIONS,
		METRIC_BACKEND_CONNECTIONS, { NULL, NULL } },
	[COUNT_IN_USE] = { METRIC_SERVICE_ACTIVE,
		METRIC_BACKEND_ACTIVE, { NULL, NULL } },
	[COUNT_PACKETS_IN] = { METRIC_SERVICE_PACKETS,
		METRIC_BACKEND_PACKETS, { "direction", "in" } },
	[COUNT_BYTES_IN] = { METRIC_SERVICE_BYTES,
		METRIC_BACKEND_BYTES, { "direction", "in" } },
	[COUNT_PACKETS_OUT] = { METRIC_SERVICE_PACKETS,
		METRIC_BACKEND_PACKETS, { "direction", "out" } },
	[COUNT_BYTES_OUT] = { METRIC_SERVICE_BYTES,
		METRIC_BACKEND_BYTES, { "direction", "out" } },
	[COUNT_EXHAUSTED] = { METRIC_SERVICE_FAILURES,
		METRIC_BACKEND_FAILURES, { "reason", "exhausted" } },
	[COUNT_NO_MEMORY] = { METRIC_SERVICE_FAILURES,
		METRIC_BACKEND_FAILURES, { "reason", "no_memory" } },
	[COUNT_TAKEN_BACK] = { METRIC_SERVICE_TAKEN_BACK,
		METRIC_BACKEND_TAKEN_BACK, { NULL, NULL } },
	[COUNT_UNANSWERED] = { METRIC_SERVICE_UNANSWERED,
		METRIC_BACKEND_UNANSWERED, { NULL, NULL } },
};

/* Add a sample with @labels and @more, which is ignored if its name is NULL. */
static int add(struct samples *samples, enum metric metric,
	       const struct label *labels, struct label more, uint64_t value)
{
	struct label all[LABELS_MAX + 1] = { { NULL, NULL } };
	size_t n = 0;

	for (; labels[n].name; n++)
		all[n] = labels[n];
	all[n] = more;
	return samples_add(samples, metric, all, value);
}

static int add_counts(struct samples *samples, const struct label *labels,
		      bool of_backend, const uint64_t values[COUNT_VALUES])
{
	for (size_t i = 0; i < COUNT_VALUES; i++) {
		const struct metric_of_count *of = &of_counts[i];

		if (add(samples, of_backend ? of->of_backend : of->of_service,
			labels, of->more, values[i]))
			return -ENOMEM;
	}
	return 0;
}

static int add_health(struct samples *samples, const struct label *labels,
		      const struct health_counts *counts)
{
	const struct label passed = { "result", "passed" };
	const struct label failed = { "result", "failed" };

	return samples_add(samples, METRIC_BACKEND_UP, labels,
			   !counts->down) ||
	       add(samples, METRIC_BACKEND_CHECKS, labels, passed,
		   counts->passed) ||
	       add(samples, METRIC_BACKEND_CHECKS, labels, failed,
		   counts->failed) ?
		       -ENOMEM : 0;
}

static int add_backend(struct samples *samples, const struct service *service,
		       const struct backend *backend,
		       const struct health *health,
		       const struct counters *counters)
{
	static const uint64_t none[COUNT_VALUES];
	char text[ENDPOINT_LEN];
	const struct label labels[] = {
		{ "service", service->name },
		{ "backend", endpoint_text(&backend->addr, backend->port,
					   text) },
		{ NULL, NULL }
	};
	const struct counter *counter;
	struct health_counts counts;

	if (samples_add(samples, METRIC_BACKEND_WEIGHT, labels,
			backend->weight))
		return -ENOMEM;
	if (health_count(health, service, backend, &counts) &&
	    add_health(samples, labels, &counts))
		return -ENOMEM;
	if (!counters)
		return 0;
	counter = counters_of_backend(counters, service, backend);
	return add_counts(samples, labels, true,
			  counter ? counter->values : none);
}

/* Add the samples of a deleted backend that still has connections. */
static int add_left(struct samples *samples, const struct service *service,
		    const struct counter *counter)
{
	char text[ENDPOINT_LEN];
	const struct label labels[] = {
		{ "service", service->name },
		{ "backend", endpoint_text(&counter->backend,
					   counter->backend_port, text) },
		{ NULL, NULL }
	};

	return add_counts(samples, labels, true, counter->values);
}

static int add_counters(struct samples *samples, const struct service *service,
			const struct counters *counters)
{
	const struct label labels[] = {
		{ "service", service->name }, { NULL, NULL }
	};
	uint64_t values[COUNT_VALUES];
	const struct counter *counter = NULL;

	counters_sum(counters, service, values);
	if (add_counts(samples, labels, false, values))
		return -ENOMEM;
	while ((counter = counters_next(counters, service, counter)))
		if (counter_is_left(counter, service) &&
		    add_left(samples, service, counter))
			return -ENOMEM;
	return 0;
}

int metrics_add_service(struct samples *samples, const struct service *service,
			const struct health *health,
			const struct counters *counters)
{
	const struct label labels[] = {
		{ "service", service->name }, { NULL, NULL }
	};

	if (samples_add(samples, METRIC_SERVICE_BACKENDS, labels,
			slots_active(service)))
		return -ENOMEM;
	for (size_t i = 0; i < service->n_backends; i++)
		if (add_backend(samples, service, &service->backends[i],
				health, counters))
			return -ENOMEM;
	return counters ? add_counters(samples, service, counters) : 0;
}
