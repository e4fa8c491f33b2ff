/* SPDX-License-Identifier: GPL-2.0-only */
/* One service: made from arguments, changed by arguments, its own rules. */
#ifndef DNAT_SERVICE_H
#define DNAT_SERVICE_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "model/model.h"

/**
 * service_from_args - a new service
 * @args: service.add's arguments
 * @stored: an entry of the state file, which may have "backends" as well
 * @service: result, without backends
 *
 * Return: 0 or a negative errno with @err set
 */
int service_from_args(const json_t *args, bool stored,
		      struct service **service, struct err *err);

/* A copy with room for one more backend. Return: NULL where memory is short. */
struct service *service_copy(const struct service *service);

/*
 * Carry out service.set, backend.add, backend.set or backend.del on @service,
 * which the caller throws away on failure.  @stored: an entry of the state
 * file, which names no service.
 *
 * Return: 0 or a negative errno with @err set
 */
int service_set(struct service *service, const json_t *args, struct err *err);

/* backend.c */

/* Where the backend of that address and port stands, or how many there are. */
size_t service_find_backend(const struct service *service,
			    const struct addr *addr, uint16_t port);
int service_backend_add(struct service *service, const json_t *args,
			bool stored, struct err *err);
int service_backend_set(struct service *service, const json_t *args,
			struct err *err);
int service_backend_del(struct service *service, const json_t *args,
			struct err *err);

/*
 * A map of too many slots would make every change of the service slow.  @arg:
 * what to blame.  Return: 0, or -E2BIG with @err set
 */
int service_check_slots(const struct service *service, const char *arg,
			struct err *err);

#endif
