/* SPDX-License-Identifier: GPL-2.0-only */
/* Create and change one service from arguments, and check its own rules. */
#ifndef DNAT_SERVICE_H
#define DNAT_SERVICE_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "model/types.h"

/**
 * service_from_args - create a service
 * @args: arguments of service.add, or an entry of the state file
 * @stored: @args is an entry of the state file, which may have "backends"
 * @service: result, without backends; for service_free()
 *
 * Return: 0 or a negative errno with @err set
 */
int service_from_args(const json_t *args, bool stored,
		      struct service **service, struct err *err);

void service_free(struct service *service);

/* Copy @service with its backends.  Return: NULL if there is no memory */
struct service *service_copy(const struct service *service);

/*
 * Carry out service.set, backend.add, backend.set or backend.del.  On failure
 * @service may be half changed, and the caller must discard it.  @stored: @args
 * is an entry of the state file, which does not name its service.
 *
 * Return: 0 or a negative errno with @err set
 */
int service_set(struct service *service, const json_t *args, struct err *err);

/*
 * A service and a backend in the form of control.h.  @name: the service's name
 * for the member "service", or NULL to leave it out.  Return: NULL if there is
 * no memory
 */
json_t *service_to_json(const struct service *service);
json_t *backend_to_json(const struct backend *backend, const char *name);

/* An entry of the state file: service_to_json() and the end of each drain. */
json_t *service_to_state(const struct service *service);

const char *scheduler_text(enum scheduler scheduler);
const char *mode_text(enum mode mode);

/* backend.c */

/* Index of the backend with that address and port; n_backends if none has. */
size_t service_find_backend(const struct service *service,
			    const struct addr *addr, uint16_t port);
int service_backend_add(struct service *service, const json_t *args,
			bool stored, struct err *err);
int service_backend_set(struct service *service, const json_t *args,
			struct err *err);
int service_backend_del(struct service *service, const json_t *args,
			struct err *err);

/**
 * backend_left - the time until the end of a drain
 * @now: milliseconds since 1970
 * @left: result, milliseconds, from 0 to backend->deadline even if the clock
 *	was set
 *
 * Return: false if there is no deadline
 */
bool backend_left(const struct backend *backend, int64_t now,
		  unsigned int *left);

/* Milliseconds since 1970. */
int64_t model_now(void);

/*
 * Check for SLOTS_MAX: a larger map would make each change of the service slow.
 * @arg: for err->arg.  Return: 0, or -E2BIG with @err set
 */
int service_check_slots(const struct service *service, const char *arg,
			struct err *err);

#endif
