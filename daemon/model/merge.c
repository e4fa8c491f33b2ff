// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "model/merge.h"
#include "model/service.h"

/*
 * Copy the backends' state that is not configuration from @was: whether they
 * are down, and the end of a drain that does not change.
 */
static void take_known(struct service *service, const struct service *was)
{
	for (size_t i = 0; i < service->n_backends; i++) {
		struct backend *new = &service->backends[i];
		size_t at = service_find_backend(was, &new->addr, new->port);
		const struct backend *old = &was->backends[at];

		if (at == was->n_backends)
			continue;
		new->down = old->down && service->check.type != CHECK_NONE;
		if (new->until && old->until && new->state == old->state &&
		    new->deadline == old->deadline)
			new->until = old->until;
	}
}

static int plan_both(const struct service *old, struct service **wanted,
		     struct changes *changes, struct err *err)
{
	json_t *was = service_to_json(old);
	json_t *json = service_to_json(*wanted);
	int ret = was && json ? 0 : err_no_memory(err);

	if (!ret && !json_equal(was, json)) {
		take_known(*wanted, old);
		changes->list[changes->n++] = (struct change){ old, *wanted };
		*wanted = NULL;
	}
	json_decref(was);
	json_decref(json);
	return ret;
}

int merge_plan(const struct model *model, struct model *wanted,
	       struct changes *changes, struct err *err)
{
	size_t i = 0, j = 0;
	int ret = 0;

	memset(changes, 0, sizeof(*changes));
	changes->list = calloc(model->n_services + wanted->n_services + 1,
			       sizeof(*changes->list));
	if (!changes->list)
		return err_no_memory(err);
	while (!ret && (i < model->n_services || j < wanted->n_services)) {
		const struct service *old = i < model->n_services ?
						    model->services[i] : NULL;
		struct service **new = &wanted->services[j];
		int order = !old ? 1 : j == wanted->n_services ? -1 :
			    strcmp(old->name, (*new)->name);

		i += order <= 0;
		j += order >= 0;
		if (!order) {
			ret = plan_both(old, new, changes, err);
		} else if (order < 0) {
			changes->list[changes->n++].old = old;
		} else {
			changes->list[changes->n++].new = *new;
			*new = NULL;
		}
	}
	return ret;
}

void merge_drop(struct changes *changes)
{
	for (size_t i = 0; i < changes->n; i++)
		change_drop(&changes->list[i]);
	free(changes->list);
	memset(changes, 0, sizeof(*changes));
}
