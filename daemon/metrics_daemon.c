// SPDX-License-Identifier: GPL-2.0-only
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>

#include "health.h"
#include "loop.h"
#include "metrics_daemon.h"
#include "process.h"
#include "status.h"

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
		{ "configured", allocator_text(dnatd->configured) },
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

static int add_turns(struct samples *samples)
{
	return samples_add_real(samples, METRIC_LOOP_BLOCKED, NULL,
				(double)loop_longest_us() / 1e6) ||
	       samples_add(samples, METRIC_LOOP_SLOW_TURNS, NULL,
			   loop_slow_turns()) ?
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

static int add_checks(struct samples *samples, const struct health *health)
{
	const struct health_load load = health_load(health);

	return samples_add(samples, METRIC_CHECKS_RUNNING, NULL,
			   load.running) ||
	       samples_add(samples, METRIC_CHECKS_WAITING, NULL,
			   load.waiting) ||
	       samples_add(samples, METRIC_CHECKS_UNMADE, NULL,
			   load.unmade) ||
	       samples_add(samples, METRIC_HEALTH_PENDING, NULL,
			   load.pending) ?
		       -ENOMEM : 0;
}

int metrics_add_daemon(struct samples *samples, const struct dnatd *dnatd)
{
	return add_infos(samples, dnatd) || add_counts(samples, dnatd) ||
	       add_repairs(samples, &dnatd->repairs) || add_turns(samples) ||
	       add_checks(samples, dnatd->health) || add_process(samples) ?
		       -ENOMEM : 0;
}
