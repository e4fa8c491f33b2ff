/* SPDX-License-Identifier: GPL-2.0-only */
/* The page with the metrics for Prometheus; dnatd(8) lists them. */
#ifndef DNAT_METRICS_H
#define DNAT_METRICS_H

#include "base/long_answer.h"
#include "engine/dnatd.h"

/* An http_fn (http.h); @dnatd is a struct dnatd. */
struct long_answer *metrics_page(void *dnatd);

#endif
