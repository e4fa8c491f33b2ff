/* SPDX-License-Identifier: GPL-2.0-only */
/* What the module counts, as answers that are made in parts. */
#ifndef DNAT_KMOD_SHOW_H
#define DNAT_KMOD_SHOW_H

#include "base/long_answer.h"
#include "module/counters.h"
#include "module/kmod.h"

/**
 * kmod_show_pools - the answer to vdport.show (control.h)
 * @parts: result
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_show_pools(const struct kmod *kmod, struct long_answer **parts,
		    struct err *err);

/* The rows of one service, or of them all where @only is NULL. */
typedef json_t *counters_fn(const struct counters *counters,
			    const struct model *model,
			    const struct service *only);

/**
 * kmod_show_counters - the answer to stats.services or stats.backends
 * @model: may change later
 * @only: of this service alone, NULL for all
 * @list: counters_services() or counters_backends()
 * @parts: result
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_show_counters(const struct kmod *kmod, const struct model *model,
		       const struct service *only, counters_fn *list,
		       struct long_answer **parts, struct err *err);

#endif
