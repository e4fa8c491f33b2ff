// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "base/task.h"
#include "model/model.h"
#include "model/walk.h"

struct service_walk service_walk_to(const struct service *only)
{
	struct service_walk walk = { .one = only };

	if (only)
		strcpy(walk.name, only->name);
	return walk;
}

const struct service *service_walk_only(const struct service_walk *walk,
					const struct model *model)
{
	return walk->one ? model_find(model, walk->name) : NULL;
}

int service_walk(struct service_walk *walk, const struct model *model,
		 size_t rows,
		 int (*fn)(const struct service *service, void *data),
		 void *data)
{
	const struct service *service = service_walk_only(walk, model);
	size_t i = model_after(model, walk->name);
	int ret;

	if (walk->one)
		return service ? fn(service, data) : TASK_DONE;
	for (size_t n = 0; n < rows && i < model->n_services; i++) {
		service = model->services[i];
		ret = fn(service, data);
		if (ret)
			return ret;
		strcpy(walk->name, service->name);
		n += 1 + service->n_backends;
	}
	return i < model->n_services ? TASK_MORE : TASK_DONE;
}
