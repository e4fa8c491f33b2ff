/* SPDX-License-Identifier: GPL-2.0-only */
/* Metrics of the module's totals. */
#ifndef DNAT_METRICS_STATS_H
#define DNAT_METRICS_STATS_H

#include <jansson.h>

#include "metrics/metrics_text.h"

/**
 * metrics_add_stats - add the samples of the totals
 * @stats: from kmod_stats()
 *
 * Return: 0 or -ENOMEM
 */
int metrics_add_stats(struct samples *samples, const json_t *stats);

#endif
