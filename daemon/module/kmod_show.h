/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's pools and counters, as answers in parts. */
#ifndef DNAT_KMOD_SHOW_H
#define DNAT_KMOD_SHOW_H

#include "base/long_answer.h"
#include "module/counters.h"
#include "module/kmod.h"

/**
 * kmod_show_pools - begin the answer to vdport.show (control.h)
 * @parts: result, the caller's to free
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_show_pools(const struct kmod *kmod, struct long_answer **parts,
		    struct err *err);

/**
 * kmod_show_counters - begin the answer to stats.services or stats.backends
 * @model: may change between parts, but must outlive @parts
 * @only: the only service to list, NULL for all
 * @list: counters_services() or counters_backends()
 * @parts: result, the caller's to free
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_show_counters(const struct kmod *kmod, const struct model *model,
		       const struct service *only, counters_fn *list,
		       struct long_answer **parts, struct err *err);

#endif
