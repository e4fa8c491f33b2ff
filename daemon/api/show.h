/* SPDX-License-Identifier: GPL-2.0-only */
/* The answers to service.show and backend.show (control.h), made in parts. */
#ifndef DNAT_SHOW_H
#define DNAT_SHOW_H

#include "base/long_answer.h"
#include "engine/dnatd.h"

/**
 * show_services - begin the answer to service.show
 * @only: the only service to show, NULL for all
 * @health: show services with a backend of this health, NULL for all; a string
 *	constant
 *
 * If backends drain, the answer waits for a count of their connections.
 *
 * Return: the caller's to free; NULL when out of memory
 */
struct long_answer *show_services(struct dnatd *dnatd,
				  const struct service *only,
				  const char *health);

/* The same for backend.show; shows the backends with @health. */
struct long_answer *show_backends(struct dnatd *dnatd,
				  const struct service *only,
				  const char *health);

#endif
