// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "metrics/metrics_stats.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

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

int metrics_add_stats(struct samples *samples, const json_t *stats)
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
