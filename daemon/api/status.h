/* SPDX-License-Identifier: GPL-2.0-only */
/* The answer to status: the state of dnatd, and advice for the admin. */
#ifndef DNAT_STATUS_H
#define DNAT_STATUS_H

#include <jansson.h>

#include "api/host.h"
#include "engine/dnatd.h"

/**
 * status_to_json - make the answer to status, see control.h
 * @silence: as for status_add_checks()
 *
 * Return: a new reference, NULL when out of memory
 */
json_t *status_to_json(const struct dnatd *dnatd, json_t *silence);

/**
 * status_served - are the service's clients served?
 * @service: of the model; NULL: is any service served?
 *
 * Return: 0, or -EHOSTDOWN with @err set
 */
int status_served(const struct dnatd *dnatd, const struct service *service,
		  struct err *err);

/*
 * Prepare to run the checks of host.h.  The list has the check of the module,
 * or is NULL when out of memory.
 */
struct checks status_look(const struct dnatd *dnatd);

/**
 * status_add_checks - add the checks of dnatd itself
 * @silence: the result about backends that do not answer, NULL if unknown
 * @list: the results of host.h
 *
 * Return: 0 or -1
 */
int status_add_checks(const struct dnatd *dnatd, json_t *silence, json_t *list);

/* "auto", "module" or "nf_nat". */
const char *allocator_text(enum allocator allocator);

#endif
