/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module has counted for each service and backend, and how stats.services
 * and stats.backends tell of it (control.h).  No I/O here.
 */
#ifndef DNAT_COUNTERS_H
#define DNAT_COUNTERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "model/types.h"

enum {
	COUNT_CONNECTIONS,	/* that got a vdport */
	COUNT_IN_USE,		/* of these, now; all others never fall */
	COUNT_PACKETS_IN,	/* to the backend */
	COUNT_BYTES_IN,
	COUNT_PACKETS_OUT,	/* to clients */
	COUNT_BYTES_OUT,
	COUNT_EXHAUSTED,	/* connections refused, no vdport free */
	COUNT_NO_MEMORY,	/* connections refused, no memory */
	COUNT_TAKEN_BACK,	/* connections ended for their vdport */
	COUNT_UNANSWERED,	/* connections ended without an answer */
	COUNT_VALUES
};

/* As members of an answer are called. */
extern const char *const count_names[COUNT_VALUES];

/* One backend of one service. */
struct counter {
	struct addr vip;
	struct addr backend;
	uint16_t port;		/* host byte order */
	uint16_t backend_port;
	uint8_t proto;		/* IPPROTO_TCP or IPPROTO_UDP */
	uint64_t values[COUNT_VALUES];
};

/* How far counters_sort_part() is: runs of @width are in order. */
struct sorting {
	struct counter *to;	/* where two runs are merged to */
	size_t width;
	size_t begin;		/* of the two */
	size_t left, right;	/* what is next of each */
};

struct counters {
	size_t n, room;
	struct counter *list;
	struct sorting sorting;
};

/* Return: 0 or -ENOMEM */
int counters_add(struct counters *counters, const struct counter *counter);

/* When all are there, before any is looked for. */
void counters_sort(struct counters *counters);

/**
 * counters_sort_part - the same in parts: a hundred thousand take their time
 *
 * Return: 1 with more to do, 0, or -ENOMEM
 */
int counters_sort_part(struct counters *counters);

void counters_clean(struct counters *counters);

/**
 * counters_of_service - those of one service, one behind the other
 * @counters: sorted
 * @n: result, how many
 *
 * Backends that were deleted are among them, for the service's sums must not
 * fall.
 *
 * Return: the first of them
 */
const struct counter *counters_of_service(const struct counters *counters,
					  const struct service *service,
					  size_t *n);

/* The sums of a service's.  @values: result */
void counters_sum(const struct counters *counters,
		  const struct service *service,
		  uint64_t values[COUNT_VALUES]);

/* What one backend has counted.  Return: NULL where there was no connection yet */
const struct counter *counters_of_backend(const struct counters *counters,
					  const struct service *service,
					  const struct backend *backend);

/* Does it count for a backend that was deleted from @service and has connections? */
bool counter_is_left(const struct counter *counter,
		     const struct service *service);

/**
 * counters_services - the services, as stats.services gives them
 * @only: this one alone, NULL for all
 *
 * Return: an array, or NULL where memory is short
 */
json_t *counters_services(const struct counters *counters,
			  const struct model *model,
			  const struct service *only);

/* The same for backends and stats.backends. */
json_t *counters_backends(const struct counters *counters,
			  const struct model *model,
			  const struct service *only);

#endif
