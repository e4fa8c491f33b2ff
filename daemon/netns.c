// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "netns.h"

#define NAME "dnatd"
#define QUEUE 16		/* of those who ask who it is */

static socklen_t name_set(struct sockaddr_un *sun)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	memcpy(sun->sun_path + 1, NAME, strlen(NAME));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   strlen(NAME));
}

/* Any user could take the name: then the admin must know that it is he. */
static int held(struct err *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t cred_len = sizeof(struct ucred);
	struct sockaddr_un sun;
	socklen_t len = name_set(&sun);
	struct ucred cred = { 0 };

	if (fd >= 0 && !connect(fd, (struct sockaddr *)&sun, len))
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &cred_len);
	if (fd >= 0)
		close(fd);
	if (!cred.pid)
		return err_set(err, -EADDRINUSE, NULL,
			       "another dnatd runs in this network namespace; stop it first");
	return err_set(err, -EADDRINUSE, NULL,
		       "process %d of user %u is dnatd in this network namespace already; stop it first",
		       (int)cred.pid, cred.uid);
}

int netns_lock(struct err *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un sun;
	socklen_t len = name_set(&sun);
	int ret;

	if (fd >= 0 && !bind(fd, (struct sockaddr *)&sun, len) && !listen(fd, QUEUE))
		return fd;
	ret = errno == EADDRINUSE ? held(err) :
		err_set(err, -errno, NULL, "no unix socket: %s",
			strerror(errno));
	if (fd >= 0)
		close(fd);
	return ret;
}
