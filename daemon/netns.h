/* SPDX-License-Identifier: GPL-2.0-only */
/* One dnatd in a network namespace: two would undo each other's rules. */
#ifndef DNAT_NETNS_H
#define DNAT_NETNS_H

#include "err.h"

/**
 * netns_lock - be the only one
 *
 * The kernel keeps abstract sockets apart by network namespace, and takes them
 * away with their holder, however that ends.
 *
 * Return: a descriptor that holds the lock until it is closed, or a negative
 *	errno with @err set
 */
int netns_lock(struct err *err);

#endif
