// SPDX-License-Identifier: GPL-2.0-only
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <sys/socket.h>

#include "api/host_part.h"
#include "api/status.h"
#include "base/clock.h"
#include "base/loop.h"
#include "api/fault_watch.h"
#include "engine/dnatd.h"
#include "engine/health.h"
#include "engine/repair_budget.h"
#include "metrics/metrics_daemon.h"
#include "metrics/process.h"
#include "model/model.h"
#include "module/kmod.h"

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
	return samples_add(samples, METRIC_SERVICES, NULL,
			   dnatd->model->n_services) ||
	       samples_add(samples, METRIC_BACKENDS, NULL,
			   model_backends(dnatd->model)) ||
	       samples_add(samples, METRIC_CONFIG_CHANGES, NULL,
			   dnatd->changes) ||
	       samples_add(samples, METRIC_CONFIG_OK, NULL,
			   !dnatd->conf_fault[0]) ?
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
			   repairs_held(repairs, clock_now())) ||
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

static int add_forwarding(struct samples *samples, const struct checks *look,
			  uint8_t family)
{
	const char *file = family == AF_INET ? "net/ipv4/ip_forward" :
					       "net/ipv6/conf/all/forwarding";
	const struct label labels[] = {
		{ "family", family == AF_INET ? "ipv4" : "ipv6" },
		{ NULL, NULL }
	};
	unsigned long long value;

	if (!check_family(look, family) || !check_number(look, file, &value))
		return 0;
	return samples_add(samples, METRIC_FORWARDING, labels, value != 0);
}

static int add_faults(struct samples *samples, const json_t *checks)
{
	const json_t *check;
	size_t i;

	json_array_foreach((json_t *)checks, i, check) {
		const struct label labels[] = {
			{ "name", json_string_value(json_object_get(check,
								    "name")) },
			{ NULL, NULL }
		};

		if (samples_add(samples, METRIC_FAULT, labels,
				json_is_false(json_object_get(check, "ok"))))
			return -ENOMEM;
	}
	return 0;
}

int metrics_add_daemon(struct samples *samples, const struct dnatd *dnatd)
{
	const struct checks look = { .proc = "/proc", .model = dnatd->model };

	return add_infos(samples, dnatd) || add_counts(samples, dnatd) ||
	       add_repairs(samples, &dnatd->repairs) || add_turns(samples) ||
	       add_forwarding(samples, &look, AF_INET) ||
	       add_forwarding(samples, &look, AF_INET6) ||
	       add_faults(samples, fault_watch_last(dnatd->faults)) ||
	       add_checks(samples, dnatd->health) ||
	       add_process(samples) ? -ENOMEM : 0;
}
