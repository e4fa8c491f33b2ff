/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Add and remove the VIPs on interfaces, by rtnetlink.
 *
 * dnatd marks the addresses that it adds with ADDRESS_OURS, so that it never
 * removes one of the admin's.
 */
#ifndef DNAT_LINK_H
#define DNAT_LINK_H

#include <stdbool.h>

#include "common/addr.h"
#include "common/err.h"
#include "model/types.h"

struct vip {
	struct addr addr;
	const char *dev;	/* name of the interface */
};

/**
 * link_vips_add - add each of @vips to its interface, as a /32 or /128
 *
 * An existing address is no error and stays as it is.  An IPv6 address is added
 * as deprecated, so that the kernel does not choose it as the source of the
 * machine's own connections.  A preferred one that dnatd added is replaced.
 *
 * Return: 0 or a negative errno with @err set (-ENODEV: no such interface);
 *	the VIPs before the failed one have been added
 */
int link_vips_add(const struct vip *vips, size_t n, struct err *err);

/* Whether all interfaces exist.  Return: 0, or -ENODEV with @err set */
int link_vips_check(const struct vip *vips, size_t n, struct err *err);

/*
 * Remove @vips from their interfaces.  Addresses that are missing, or that
 * dnatd did not add, are skipped.  Return: 0 or the first negative errno
 */
int link_vips_del(const struct vip *vips, size_t n, struct err *err);

/**
 * link_reconcile - add all missing VIPs of @model to their interfaces, and
 * remove dnatd's own addresses that no service needs
 * @changed: set to true if an address was added or removed
 *
 * Goes on after an error.
 *
 * Return: 0 or the first negative errno with @err set
 */
int link_reconcile(const struct model *model, bool *changed, struct err *err);

/* Whether the interface @dev exists. */
bool link_exists(const char *dev);

/**
 * link_up_names - list the interfaces that are up, except loopback
 * @names: result, sorted, ends with NULL; free it with link_names_free()
 * @n: result, number of names, at most LINK_NAMES_MAX
 *
 * Return: 0 or a negative errno with @err set
 */
int link_up_names(const char ***names, size_t *n, struct err *err);
void link_names_free(const char **names);

#define LINK_NAMES_MAX 256	/* the kernel's limit for one flowtable */

#endif
