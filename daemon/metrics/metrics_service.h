/* SPDX-License-Identifier: GPL-2.0-only */
/* Metrics of one service and its backends. */
#ifndef DNAT_METRICS_SERVICE_H
#define DNAT_METRICS_SERVICE_H

#include "engine/health.h"
#include "metrics/metrics_text.h"
#include "module/counters.h"

/**
 * metrics_add_service - add the samples of a service and its backends
 * @health: dnatd->health
 * @counters: of all services, sorted; NULL if they are not available
 *
 * Return: 0 or -ENOMEM
 */
int metrics_add_service(struct samples *samples, const struct service *service,
			const struct health *health,
			const struct counters *counters);

#endif
