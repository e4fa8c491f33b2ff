/* SPDX-License-Identifier: GPL-2.0-only */
/* Only one dnatd per network namespace: two would undo each other's rules. */
#ifndef DNAT_NETNS_H
#define DNAT_NETNS_H

#include "common/err.h"

#define NETNS_DIR "/run/dnat"

/*
 * Two locks, because each has a weakness.  Only root can lock the file, which
 * is named after the network namespace, but containers that share a network
 * namespace may not share /run.  The abstract unix socket exists once per
 * network namespace, but any user can bind its name.  The kernel releases both
 * locks when the process ends.
 */
struct netns {
	int file;		/* the locked file, or a negative errno */
	int name;		/* the bound socket */
};

/**
 * netns_lock - take both locks
 * @netns: result; free it with netns_unlock() if this succeeds
 * @dir: directory of the file; created if its parent exists
 *
 * If a process of another user has the socket's name and the file is locked, a
 * warning is logged and this succeeds.
 *
 * Return: 0 or a negative errno with @err set
 */
int netns_lock(struct netns *netns, const char *dir, struct err *err);

void netns_unlock(struct netns *netns);

#endif
