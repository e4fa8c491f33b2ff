/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections that ended before their backend had answered.  A backend that
 * has no route to the VIP can still answer checks from another address.
 */
#ifndef DNAT_UNANSWERED_H
#define DNAT_UNANSWERED_H

#include <jansson.h>

#include "counters.h"
#include "dnatd.h"

/**
 * unanswered_get - ask the module
 * @only: the service, NULL for all
 * @counters: result, to be cleaned in any case
 *
 * Return: false where nothing counts, or the module does not answer
 */
bool unanswered_get(const struct dnatd *dnatd, const struct service *only,
		    struct counters *counters);

/* As backend.show has it.  @counters NULL: they are not known */
json_t *unanswered_of(const struct counters *counters,
		      const struct service *service,
		      const struct backend *backend);

/* For status: backends that pass their checks and do not answer.  NULL: no memory */
json_t *unanswered_check(const struct dnatd *dnatd);

#endif
