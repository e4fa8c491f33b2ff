/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keep the services' own ports in the module, so that it does not hand them out
 * as vdports: an answer to such a vdport would look like a client's packet.
 *
 * With allocator nf_nat these functions do nothing.
 */
#ifndef DNAT_MODULE_SYNC_H
#define DNAT_MODULE_SYNC_H

#include "engine/dnatd.h"

/*
 * Add the ports of all services to the module, and delete all others there.
 * Return: 0 or a negative errno with @err set
 */
int module_sync_start(struct dnatd *dnatd, struct err *err);

/**
 * module_sync_again - configure the module again if it was reloaded
 * @changed: set to true if it was reloaded
 *
 * The kernel loads the module if it is missing.  Sends settings and services.
 *
 * Return: 0 or a negative errno with @err set
 */
int module_sync_again(struct dnatd *dnatd, bool *changed, struct err *err);

/**
 * module_sync_add - add a service's port, before its first connection
 *
 * If the module was unloaded since, all settings and services are sent again.
 *
 * Return: 0 or a negative errno with @err set
 */
int module_sync_add(struct dnatd *dnatd, const struct service *service,
		    struct err *err);

/* Delete a removed service's port: it may be a vdport again. */
void module_sync_del(struct dnatd *dnatd, const struct service *service);

#endif
