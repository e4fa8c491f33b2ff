/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A walk over services in steps.  Services may be added and deleted between two
 * steps: each one that stays is visited exactly once.
 */
#ifndef DNAT_WALK_H
#define DNAT_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "model/types.h"

/* All zeros: all services. */
struct service_walk {
	bool one;				/* only the service @name */
	char name[SERVICE_NAME_LEN + 1];	/* of the last one visited */
};

/* Return: a walk to @only, or over all services if it is NULL */
struct service_walk service_walk_to(const struct service *only);

/* Return: the only service; NULL: all, or there is none of this name now */
const struct service *service_walk_only(const struct service_walk *walk,
					const struct model *model);

/**
 * service_walk - do the next step
 * @rows: stop when so many services and backends were visited
 * @fn: if it does not return 0, the walk stops and visits this service again
 *
 * Return: TASK_MORE, TASK_DONE, or what @fn returned
 */
int service_walk(struct service_walk *walk, const struct model *model,
		 size_t rows,
		 int (*fn)(const struct service *service, void *data),
		 void *data);

#endif
