/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may ask what: root anything, the members of group "dnat" what changes
 * nothing, and those of a group that the admin names anything but to run other
 * programs than root has chosen.
 */
#ifndef DNAT_ACCESS_H
#define DNAT_ACCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/err.h"

#define ACCESS_GROUP "dnat"
#define NO_GROUP ((gid_t)-1)

struct access {
	gid_t group;		/* may look; the socket is theirs; NO_GROUP */
	gid_t admin_group;	/* may change, too; NO_GROUP */
};

/* A client: whom the kernel says the other end of a socket is of. */
struct peer {
	uid_t uid;
	pid_t pid;
	bool changes;		/* he may change something */
	bool root;		/* and choose the programs that dnatd runs */
};

/**
 * access_init - look the groups up
 * @admin_group: a name, NULL for none
 *
 * A machine without group "dnat" has nobody but root to ask.
 *
 * Return: 0, or -ENOENT with @err set where there is no such @admin_group
 */
int access_init(struct access *access, const char *admin_group,
		struct err *err);

/**
 * access_peer - who is it?
 * @fd: a connected unix socket
 * @peer: result
 *
 * Return: whether he may ask anything at all
 */
bool access_peer(const struct access *access, int fd, struct peer *peer);

/**
 * access_give - give a file of ours to a group
 *
 * An owner who is in the group may do so without CAP_CHOWN, and one with
 * CAP_SETGID may join it.
 *
 * Return: 0, or -1 with errno set
 */
int access_give(const char *path, gid_t group);

#endif
