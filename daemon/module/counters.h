/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's counters of each service and backend, and the answers to
 * stats.services and stats.backends (control.h) that are made of them.
 * No I/O here.
 */
#ifndef DNAT_COUNTERS_H
#define DNAT_COUNTERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "model/types.h"

enum {
	COUNT_CONNECTIONS,	/* connections that got a vdport */
	COUNT_IN_USE,		/* connections now; the only gauge here */
	COUNT_PACKETS_IN,	/* to the backend */
	COUNT_BYTES_IN,
	COUNT_PACKETS_OUT,	/* to clients */
	COUNT_BYTES_OUT,
	COUNT_EXHAUSTED,	/* connections refused, no vdport free */
	COUNT_NO_MEMORY,	/* connections refused, no memory */
	COUNT_TAKEN_BACK,	/* connections ended to reuse their vdport */
	COUNT_UNANSWERED,	/* connections ended without an answer */
	COUNT_VALUES
};

/* The names of the values in JSON answers. */
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

/* All zeros at first. */
struct counters {
	void *tree;		/* of tsearch(3) */
};

/* Add a copy, unless there is one of the same backend.  Return: 0 or -ENOMEM */
int counters_add(struct counters *counters, const struct counter *counter);

/* Free all counters, in later turns of the loop. */
void counters_clean(struct counters *counters);

/**
 * counters_next - walk over the counters of one service, sorted by backend
 * @last: the one before it, NULL for the first
 *
 * Includes the counters of deleted backends, so that the service's sums never
 * fall.
 *
 * Return: NULL after the last one
 */
const struct counter *counters_next(const struct counters *counters,
				    const struct service *service,
				    const struct counter *last);

/* Add up the counters of @service.  @values: result, zeros if it has none */
void counters_sum(const struct counters *counters,
		  const struct service *service,
		  uint64_t values[COUNT_VALUES]);

/* Return: the counter of @backend, NULL before its first connection */
const struct counter *counters_of_backend(const struct counters *counters,
					  const struct service *service,
					  const struct backend *backend);

/* Is this the counter of a deleted backend that still has connections? */
bool counter_is_left(const struct counter *counter,
		     const struct service *service);

/* Append to the array @list rows about @service.  Return: 0 or -ENOMEM */
typedef int counters_fn(json_t *list, const struct counters *counters,
			const struct service *service);

/* For stats.services: one row. */
counters_fn counters_services;

/* For stats.backends: one row a backend. */
counters_fn counters_backends;

#endif
