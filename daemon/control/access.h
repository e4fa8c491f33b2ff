/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which clients may send which requests.  Root may send all.  Members of group
 * "dnat" may send those that change nothing.  Members of the admin's group may
 * send all, but may not set a program to run that root has not set before.
 */
#ifndef DNAT_ACCESS_H
#define DNAT_ACCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/err.h"

#define ACCESS_GROUP "dnat"
#define NO_GROUP ((gid_t)-1)

struct access {
	gid_t group;		/* may read, owns the socket; or NO_GROUP */
	gid_t admin_group;	/* may also change something; or NO_GROUP */
};

/* The process at the other end of a socket, according to the kernel. */
struct peer {
	uid_t uid;
	pid_t pid;
	bool changes;		/* may change something */
	bool root;		/* may also set the programs that dnatd runs */
};

/**
 * access_init - find the ids of the groups
 * @admin_group: a name, NULL for none
 *
 * If group "dnat" does not exist, only root and @admin_group may connect.
 *
 * Return: 0, or -ENOENT with @err set if @admin_group does not exist
 */
int access_init(struct access *access, const char *admin_group,
		struct err *err);

/**
 * access_peer - find out who a client is and what it may do
 * @fd: a connected unix socket
 * @peer: result
 *
 * Return: whether the client may send requests at all
 */
bool access_peer(const struct access *access, int fd, struct peer *peer);

/**
 * access_give - set the group of a file that dnatd owns
 *
 * The unit gives dnatd no CAP_CHOWN.  An owner who is in the group needs none;
 * with CAP_SETGID dnatd enters the group for a moment.
 *
 * Return: 0, or -1 with errno set
 */
int access_give(const char *path, gid_t group);

#endif
