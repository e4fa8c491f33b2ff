/* SPDX-License-Identifier: GPL-2.0-only */
/* The answers to service.show and backend.show (control.h), made in parts. */
#ifndef DNAT_SHOW_H
#define DNAT_SHOW_H

#include "base/long_answer.h"
#include "engine/dnatd.h"

/**
 * show_services - the services
 * @only: this one alone, NULL for all
 * @health: only those with a backend of this health, NULL for all; a string that
 *	stays
 *
 * Where backends drain, the answer waits for a count of their connections.
 *
 * Return: NULL where memory is short
 */
struct long_answer *show_services(struct dnatd *dnatd,
				  const struct service *only,
				  const char *health);

/* The same of backends. */
struct long_answer *show_backends(struct dnatd *dnatd,
				  const struct service *only,
				  const char *health);

#endif
