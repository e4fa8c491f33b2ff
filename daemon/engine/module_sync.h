/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The services' own ports, which the module must not hand out as vdports: an
 * answer to one could not be told from a client's packet.
 *
 * With allocator nf_nat there is nobody to tell, and all of this does nothing.
 */
#ifndef DNAT_MODULE_SYNC_H
#define DNAT_MODULE_SYNC_H

#include "engine/dnatd.h"

/*
 * Tell the module of all services, and of no others.  Return: 0 or a negative
 * errno
 */
int module_sync_start(struct dnatd *dnatd, struct err *err);

/**
 * module_sync_again - the module has come or gone, maybe
 * @changed: set where it is another one than that which was told of the
 *	services, and has been told now
 *
 * The kernel loads it where it is not there.
 *
 * Return: 0 or a negative errno
 */
int module_sync_again(struct dnatd *dnatd, bool *changed, struct err *err);

/**
 * module_sync_add - tell the module of a service, before its first connection
 *
 * Where the module was unloaded meanwhile, it is told of everything anew.
 *
 * Return: 0 or a negative errno
 */
int module_sync_add(struct dnatd *dnatd, const struct service *service,
		    struct err *err);

/* The service is gone: its port may be a vdport. */
void module_sync_del(struct dnatd *dnatd, const struct service *service);

#endif
