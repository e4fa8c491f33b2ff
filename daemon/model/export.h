/* SPDX-License-Identifier: GPL-2.0-only */
/* What an admin has to write for a service to be as it is. */
#ifndef DNAT_EXPORT_H
#define DNAT_EXPORT_H

#include <jansson.h>

#include "model/types.h"

/**
 * export_service - a service without what it would have been given anyhow
 * @service: any
 *
 * That is what a service has that is made of the same name, VIP and port alone,
 * and its backends, of their addresses.
 *
 * Return: an entry of the state file, NULL where memory is short
 */
json_t *export_service(const struct service *service);

/* model_to_json(), of such services.  Return: NULL where memory is short */
json_t *export_model(const struct model *model);

#endif
