/* SPDX-License-Identifier: GPL-2.0-only */
/* Metrics of dnatd itself, which do not need the module. */
#ifndef DNAT_METRICS_DAEMON_H
#define DNAT_METRICS_DAEMON_H

#include "engine/dnatd.h"
#include "metrics/metrics_text.h"

/* Return: 0 or -ENOMEM */
int metrics_add_daemon(struct samples *samples, const struct dnatd *dnatd);

#endif
