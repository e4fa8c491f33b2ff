/* SPDX-License-Identifier: GPL-2.0-only */
/* One dnatd in a network namespace: two would undo each other's rules. */
#ifndef DNAT_NETNS_H
#define DNAT_NETNS_H

#include "common/err.h"

#define NETNS_DIR "/run/dnat"

/*
 * Two locks.  A file named after the network namespace, which root alone can
 * lock, but containers that share a network namespace need not share /run.  And
 * an abstract unix socket, which the kernel keeps apart by network namespace and
 * nothing else, but any user can take its name.  The kernel takes both away with
 * their holder, however that ends.
 */
struct netns {
	int file;		/* or a negative errno */
	int name;
};

/**
 * netns_lock - be the only one
 * @netns: result, for netns_unlock() where this succeeds
 * @dir: of the file; made if its parent is there
 *
 * Another user's process that has the name is logged and does not matter, as long
 * as there is a file to lock.
 *
 * Return: 0 or a negative errno with @err set
 */
int netns_lock(struct netns *netns, const char *dir, struct err *err);

void netns_unlock(struct netns *netns);

#endif
