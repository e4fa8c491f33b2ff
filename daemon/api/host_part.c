// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <stdio.h>

#include "api/host_part.h"

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
