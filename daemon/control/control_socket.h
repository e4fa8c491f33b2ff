/* SPDX-License-Identifier: GPL-2.0-only */
/* The file of the control socket: create it, lock it, remove it. */
#ifndef DNAT_CONTROL_SOCKET_H
#define DNAT_CONTROL_SOCKET_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/err.h"

struct control_socket {
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	struct stat st;		/* of our socket, to recognize it later */
	bool made;
	int lock;		/* descriptor of the locked lock file, or -1 */
};

/**
 * control_socket_open - bind the socket, replacing that of a dead dnatd
 * @group: the group that may connect; NO_GROUP: only dnatd's user may
 *
 * The caller must call control_socket_close() also after an error.
 *
 * Return: a nonblocking socket that does not listen yet, the caller's to close;
 *	or a negative errno with @err set, for example if another dnatd listens
 *	on @path
 */
int control_socket_open(struct control_socket *self, const char *path,
			gid_t group, struct err *err);

/* Remove the file if it is still ours, and release the lock. */
void control_socket_close(struct control_socket *self);

#endif
