// SPDX-License-Identifier: GPL-2.0-only
#include "api/host.h"

static void (*const steps[])(struct checks *checks) = {
	check_ipv4_forwarding,
	check_interface_forwarding,
	check_rp_filter,
	check_ipv6_forwarding,
	check_forward_rules,
	check_nat_rules,
	check_raw_rules,
	check_conntrack_size,
	check_conntrack_count,
	check_conntrack_times,
	check_interfaces,
	check_vips,
	check_neighbours,
};

bool host_step(struct checks *checks, size_t step)
{
	if (step >= sizeof(steps) / sizeof(steps[0]))
		return false;
	steps[step](checks);
	return true;
}

json_t *host_all(struct checks *checks)
{
	for (size_t step = 0; host_step(checks, step); step++)
		;
	return checks->list;
}
