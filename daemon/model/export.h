/* SPDX-License-Identifier: GPL-2.0-only */
/* The shortest configuration that gives the present services. */
#ifndef DNAT_EXPORT_H
#define DNAT_EXPORT_H

#include <jansson.h>

#include "model/types.h"

/**
 * export_service - a service without the members that have default values
 * @service: the service
 *
 * Name, VIP, port and the addresses of backends are always included.
 *
 * Return: an entry of the state file, NULL: no memory
 */
json_t *export_service(const struct service *service);

/* model_to_json() with export_service() for each service.  NULL: no memory */
json_t *export_model(const struct model *model);

#endif
