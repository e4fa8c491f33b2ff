/* SPDX-License-Identifier: GPL-2.0-only */
/* How things stand, and what the admin should do about it. */
#ifndef DNAT_STATUS_H
#define DNAT_STATUS_H

#include <jansson.h>

#include "api/host.h"
#include "engine/dnatd.h"

/**
 * status_to_json - the answer to "status", see control.h
 * @silence: as for status_add_checks()
 *
 * Return: NULL where memory is short
 */
json_t *status_to_json(const struct dnatd *dnatd, json_t *silence);

/**
 * status_served - are clients served?
 * @service: of the model; NULL: any service will do
 *
 * Return: 0, or -EHOSTDOWN with @err set
 */
int status_served(const struct dnatd *dnatd, const struct service *service,
		  struct err *err);

/* A look at the system that begins: its list is empty, or NULL. */
struct checks status_look(const struct dnatd *dnatd);

/**
 * status_add_checks - add what dnatd knows of itself
 * @silence: the check of backends that do not answer, NULL: not known
 * @list: what a look has found
 *
 * Return: 0 or -1
 */
int status_add_checks(const struct dnatd *dnatd, json_t *silence, json_t *list);

/* "auto", "module" or "nf_nat". */
const char *allocator_text(enum allocator allocator);

#endif
