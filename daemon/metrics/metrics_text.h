/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The exported metrics, in Prometheus' text format, version 0.0.4.
 *
 * In that format the samples of one metric must be adjacent, but they are added
 * in another order.  So each metric has its own text until samples_write().
 */
#ifndef DNAT_METRICS_TEXT_H
#define DNAT_METRICS_TEXT_H

#include <stdint.h>

#include "common/addr.h"
#include "common/text.h"

#define ENDPOINT_LEN (INET6_ADDRSTRLEN + sizeof("[]:65535"))

enum metric {
	METRIC_UP,
	METRIC_BUILD_INFO,
	METRIC_ALLOCATOR_INFO,
	METRIC_SERVICES,
	METRIC_BACKENDS,
	METRIC_BACKEND_WEIGHT,
	METRIC_BACKEND_UP,
	METRIC_BACKEND_CHECKS,
	METRIC_SERVICE_BACKENDS,
	METRIC_SERVICE_CONNECTIONS,
	METRIC_SERVICE_ACTIVE,
	METRIC_SERVICE_PACKETS,
	METRIC_SERVICE_BYTES,
	METRIC_SERVICE_FAILURES,
	METRIC_SERVICE_TAKEN_BACK,
	METRIC_SERVICE_UNANSWERED,
	METRIC_BACKEND_CONNECTIONS,
	METRIC_BACKEND_ACTIVE,
	METRIC_BACKEND_PACKETS,
	METRIC_BACKEND_BYTES,
	METRIC_BACKEND_FAILURES,
	METRIC_BACKEND_TAKEN_BACK,
	METRIC_BACKEND_UNANSWERED,
	METRIC_CONFIG_CHANGES,
	METRIC_CONFIG_OK,
	METRIC_REPAIRS,
	METRIC_REPAIRS_HELD,
	METRIC_NOTICES_LOST,
	METRIC_CHECKS_RUNNING,
	METRIC_CHECKS_WAITING,
	METRIC_CHECKS_UNMADE,
	METRIC_HEALTH_PENDING,
	METRIC_LOOP_BLOCKED,
	METRIC_LOOP_SLOW_TURNS,
	METRIC_FORWARDING,
	METRIC_FAULT,
	METRIC_CONNECTIONS,
	METRIC_CONNECTIONS_TOTAL,
	METRIC_CONNECTIONS_ENDED,
	METRIC_CONNECTIONS_UNCONFIRMED,
	METRIC_CONNECTIONS_TAKEN_BACK,
	METRIC_CONNECTIONS_UNCOUNTED,
	METRIC_DROPPED_PACKETS,
	METRIC_FAST_PACKETS,
	METRIC_SLOW_PACKETS,
	METRIC_VDPORTS_SKIPPED,
	METRIC_VDPORTS_IN_USE,
	METRIC_VDPORTS_HALF_OPEN,
	METRIC_VDPORTS_CLOSED,
	METRIC_VDPORTS_CAPACITY,
	METRIC_VDPORTS_TAKEN_BACK,
	METRIC_VDPORTS_FAILURES,
	METRIC_CPU_SECONDS,
	METRIC_RESIDENT_MEMORY,
	METRIC_VIRTUAL_MEMORY,
	METRIC_START_TIME,
	METRIC_OPEN_FDS,
	METRIC_MAX_FDS,
	METRICS_N
};

struct label {
	const char *name;
	const char *value;	/* not escaped; samples_add() does it */
};

struct samples {
	struct text texts[METRICS_N];
};

/*
 * Write "10.1.0.11:8080" or "[fd00:1::11]:8080" to @buf, of ENDPOINT_LEN bytes.
 * @port: host byte order.  Return: @buf
 */
const char *endpoint_text(const struct addr *addr, uint16_t port, char *buf);

void samples_clean(struct samples *samples);

/* Drop the samples of one metric. */
void samples_drop(struct samples *samples, enum metric metric);

/**
 * samples_add - add a sample
 * @labels: the last one has the name NULL; NULL for no labels
 *
 * Return: 0 or -ENOMEM
 */
int samples_add(struct samples *samples, enum metric metric,
		const struct label *labels, uint64_t value);

/* The same for a value with three decimal places. */
int samples_add_real(struct samples *samples, enum metric metric,
		     const struct label *labels, double value);

/**
 * samples_write - write all samples, each metric with its help and type
 * @page: the text is appended here
 *
 * Frees the samples.
 *
 * Return: 0 or -ENOMEM
 */
int samples_write(struct samples *samples, struct text *page);

#endif
