/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order in which the backends of a service take new connections.  Pure
 * functions: the same model always gives the same nft ruleset.
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

/* The weight for new connections; 0: the backend takes none. */
unsigned int backend_weight(const struct backend *backend);

/**
 * slots_of - compute the slots of a service
 * @service: a service with any scheduler
 * @slots: result, at most SLOTS_MAX indices into service->backends
 *
 * Each of the n slots takes every n-th connection.  With rr each backend with a
 * weight above 0 has one slot.  With wrr the number of its slots is its weight,
 * divided by the greatest common divisor of all weights, and they are spread
 * evenly.  Backends that are down have no slot.  Backup backends have slots
 * only while no other backend has one.
 *
 * Return: the number of slots; 0: no backend can be used
 */
size_t slots_of(const struct service *service, uint16_t *slots);

/**
 * slots_active - the number of backends that have a slot
 *
 * These take new connections.  If there are none, when-empty says what clients
 * get.
 */
size_t slots_active(const struct service *service);

/*
 * The maximum number of slots, whichever backends are down.  It may be larger
 * than SLOTS_MAX.
 */
size_t slots_count(const struct service *service);

#endif
