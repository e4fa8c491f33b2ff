/* SPDX-License-Identifier: GPL-2.0-only */
/* One service: made from arguments, changed by arguments, its own rules. */
#ifndef DNAT_SERVICE_H
#define DNAT_SERVICE_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "model/types.h"

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

void service_free(struct service *service);

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

/*
 * A service as control.h describes it, and a backend of it, with the service's
 * name unless @name is NULL.  NULL where memory is short.
 */
json_t *service_to_json(const struct service *service);
json_t *backend_to_json(const struct backend *backend, const char *name);

/* As an entry of the state file, which also says when drains began to end. */
json_t *service_to_state(const struct service *service);

const char *scheduler_text(enum scheduler scheduler);
const char *mode_text(enum mode mode);

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

/**
 * backend_left - how long its connections have yet
 * @now: milliseconds since 1970
 * @left: result, milliseconds; no more than the deadline gave, whatever has
 *	become of the clock
 *
 * Return: false where there is no deadline
 */
bool backend_left(const struct backend *backend, int64_t now,
		  unsigned int *left);

/* Milliseconds since 1970. */
int64_t model_now(void);

/*
 * A map of too many slots would make every change of the service slow.  @arg:
 * what to blame.  Return: 0, or -E2BIG with @err set
 */
int service_check_slots(const struct service *service, const char *arg,
			struct err *err);

#endif
