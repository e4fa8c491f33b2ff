/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VIPs on interfaces, by rtnetlink.
 *
 * dnatd marks the addresses it puts on an interface with IFA_PROTO
 * LINK_IFA_PROTO, which a recent ip(8) shows as "proto 212", so that it can tell its own
 * from the admin's even after a crash, and takes away none but its own.
 */
#ifndef DNAT_LINK_H
#define DNAT_LINK_H

#include <stdbool.h>

#include "common/addr.h"
#include "common/err.h"
#include "model/types.h"

#define LINK_IFA_PROTO 212

/* IFA_PROTO came with Linux 5.18; an enum cannot be asked for with #ifdef. */
#define LINK_ATTR_PROTO 11

struct vip {
	struct addr addr;
	const char *dev;	/* name of the interface */
};

/**
 * link_vips_add - have each of @vips on its interface, as a /32 or /128
 *
 * An address that is there already stays as it is, whoever put it there.  An
 * IPv6 address is deprecated, so that the machine's own packets have another
 * source.
 *
 * Return: 0 or a negative errno with @err set (-ENODEV: no such interface);
 *	those before the one at fault are there
 */
int link_vips_add(const struct vip *vips, size_t n, struct err *err);

/* Is there an interface for each of @vips?  Return: 0 or -ENODEV */
int link_vips_check(const struct vip *vips, size_t n, struct err *err);

/* Take @vips away where dnatd put them; not there any more is no error. */
int link_vips_del(const struct vip *vips, size_t n, struct err *err);

/**
 * link_reconcile - put every VIP of @model where its service says, and take
 * away dnatd's own addresses that no service asks for any more
 * @changed: set where something had to be done
 *
 * Return: 0 or the first negative errno with @err set; the others are in place
 */
int link_reconcile(const struct model *model, bool *changed, struct err *err);

/* Is there an interface of that name? */
bool link_exists(const char *dev);

/**
 * link_up_names - the interfaces that are up, loopback left out
 * @names: result, sorted, ends in a NULL; for link_names_free()
 * @n: how many, at most LINK_NAMES_MAX
 */
int link_up_names(const char ***names, size_t *n, struct err *err);
void link_names_free(const char **names);

#define LINK_NAMES_MAX 256	/* what the kernel takes in one flowtable */

#endif
