// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "metrics/metrics_pools.h"
#include "module/kmod_pool.h"

int metrics_add_pool(const struct nlmsghdr *nlh, void *data)
{
	struct pools_samples *pools = data;
	char vip[INET6_ADDRSTRLEN], backend[ENDPOINT_LEN];
	struct label labels[4] = { 0 };
	struct samples *samples = pools->samples;
	struct kmod_pool pool;

	if (!kmod_pool_read(nlh, &pool))
		return 0;
	labels[0] = (struct label){ "vip", addr_text(&pool.vip, vip,
						     sizeof(vip)) };
	labels[1] = (struct label){ "proto", proto_text(pool.proto) };
	labels[2] = (struct label){ "backend", endpoint_text(&pool.backend,
							pool.port, backend) };
	pools->half_open += pool.half_open;
	pools->closed += pool.closed;
	if (pool.in_use > pool.half_open + pool.closed)
		pools->open += pool.in_use - pool.half_open - pool.closed;
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

void metrics_drop_pools(struct pools_samples *pools)
{
	samples_drop(pools->samples, METRIC_VDPORTS_IN_USE);
	samples_drop(pools->samples, METRIC_VDPORTS_HALF_OPEN);
	samples_drop(pools->samples, METRIC_VDPORTS_CLOSED);
	samples_drop(pools->samples, METRIC_VDPORTS_CAPACITY);
	samples_drop(pools->samples, METRIC_VDPORTS_TAKEN_BACK);
	samples_drop(pools->samples, METRIC_VDPORTS_FAILURES);
	pools->open = 0;
	pools->half_open = 0;
	pools->closed = 0;
}

static int add_connections(struct samples *samples, const char *state,
			   uint64_t n)
{
	const struct label labels[] = { { "state", state }, { NULL, NULL } };

	return samples_add(samples, METRIC_CONNECTIONS, labels, n);
}

int metrics_end_pools(struct pools_samples *pools)
{
	struct samples *samples = pools->samples;

	return add_connections(samples, "open", pools->open) ||
	       add_connections(samples, "half-open", pools->half_open) ||
	       add_connections(samples, "closed", pools->closed) ? -ENOMEM : 0;
}
