/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the nft table must hold for a model.  Pure: the same model gives the
 * same ruleset, and nothing here talks to the kernel.
 */
#ifndef DNAT_SLOTS_H
#define DNAT_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include "model/types.h"

#define RULESET_TABLE "dnatd"

enum allocator {
	ALLOC_AUTO,
	ALLOC_MODULE,
	ALLOC_NF_NAT,
};

/* The weight that new connections go by: 0 for none. */
unsigned int backend_weight(const struct backend *backend);

/**
 * slots_of - the order in which a service's backends are used
 * @service: with any scheduler
 * @slots: result, SLOTS_MAX indices into service->backends at most
 *
 * Slot i of n serves every n-th connection.  rr has each backend of a weight
 * above 0 once.  wrr has each as often as its weight says (divided by the
 * weights' greatest common divisor), spread as evenly as can be.  Backends that
 * are down are left out; backup backends are in while no other is.
 *
 * Return: how many slots; 0: no backend may be used
 */
size_t slots_of(const struct service *service, uint16_t *slots);

/**
 * slots_active - how many backends take new connections now
 *
 * Those that have a slot.  0: clients get what when-empty says.
 */
size_t slots_active(const struct service *service);

/*
 * How many slots slots_of() gives at most, whoever goes down or up; may be
 * above SLOTS_MAX.
 */
size_t slots_count(const struct service *service);

#endif
