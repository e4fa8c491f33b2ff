// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <stdio.h>

#include "api/checks_part.h"

void check_add(struct checks *checks, const char *name, json_t *value,
	       bool ok, const char *advice)
{
	json_t *entry = json_pack("{s:s, s:o, s:b, s:s?}", "name", name,
				  "value", value, "ok", ok, "advice", advice);

	if (json_array_append_new(checks->list, entry)) {
		json_decref(checks->list);
		checks->list = NULL;
	}
}

bool check_number(const struct checks *checks, const char *name,
		  unsigned long long *value)
{
	char path[PATH_MAX];
	FILE *file;
	bool ok;

	snprintf(path, sizeof(path), "%s/sys/%s", checks->proc, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	ok = fscanf(file, "%llu", value) == 1;
	fclose(file);
	return ok;
}

bool check_family(const struct checks *checks, uint8_t family)
{
	const struct model *model = checks->model;

	for (size_t i = 0; i < model->n_services; i++)
		if (model->services[i]->vip.family == family)
			return true;
	return false;
}

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

bool checks_step(struct checks *checks, size_t step)
{
	if (step >= sizeof(steps) / sizeof(steps[0]))
		return false;
	steps[step](checks);
	return true;
}

json_t *checks_all(struct checks *checks)
{
	for (size_t step = 0; checks_step(checks, step); step++)
		;
	return checks->list;
}
