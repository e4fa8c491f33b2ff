/* SPDX-License-Identifier: GPL-2.0-only */
/* The control socket's file: who has it, and that it goes with its daemon. */
#ifndef DNAT_CONTROL_SOCKET_H
#define DNAT_CONTROL_SOCKET_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/err.h"

struct control_socket {
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	struct stat st;		/* of the socket, to know it as our own */
	bool made;
	int lock;		/* held as long as we listen, or -1 */
};

/**
 * control_socket_open - bind the socket, in place of a dead daemon's
 * @group: whose it is; NO_GROUP: the user's alone
 *
 * Return: a socket that does not block and does not listen yet, the caller's to
 *	close; or a negative errno with @err set, such as where another daemon
 *	answers on @path.  control_socket_close() is called either way
 */
int control_socket_open(struct control_socket *self, const char *path,
			gid_t group, struct err *err);

/* Take the file away if it is still ours, and let go of the lock. */
void control_socket_close(struct control_socket *self);

#endif
