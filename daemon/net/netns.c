// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "net/netns.h"

#define NAME "dnatd"
#define QUEUE 16		/* backlog; holder() of others connects */
#define TRIES 10

static socklen_t name_set(struct sockaddr_un *sun)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	memcpy(sun->sun_path + 1, NAME, strlen(NAME));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   strlen(NAME));
}

/* The process that has bound the name; pid 0: unknown. */
static struct ucred holder(void)
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
	return cred;
}

static int already_running(struct err *err)
{
	struct ucred cred = holder();

	if (!cred.pid)
		return err_set(err, -EADDRINUSE, NULL,
			       "another dnatd runs in this network namespace; stop it first");
	return err_set(err, -EADDRINUSE, NULL,
		       "process %d of user %u is dnatd in this network namespace already; stop it first",
		       (int)cred.pid, cred.uid);
}

/*
 * Lock the file.  systemd removes the directory when the service stops.  Then
 * the locked file has no name, and the next dnatd would lock another file: so
 * check the link count and try again.
 *
 * Return: the file descriptor; -EADDRINUSE: another process has locked it; or
 *	another negative errno
 */
static int lock_file(const char *dir)
{
	char path[PATH_MAX];
	struct stat st;
	int fd, ret;

	if (stat("/proc/self/ns/net", &st) ||
	    (mkdir(dir, 0755) && errno != EEXIST))
		return -errno;
	snprintf(path, sizeof(path), "%s/netns-%ju.lock", dir,
		 (uintmax_t)st.st_ino);
	for (int i = 0; i < TRIES; i++) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			ret = errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
			close(fd);
			return ret;
		}
		if (!fstat(fd, &st) && st.st_nlink)
			return fd;
		close(fd);
	}
	return -ESTALE;
}

/* Return: 0, -EADDRINUSE or another negative errno */
static int take_name(int fd)
{
	struct sockaddr_un sun;
	socklen_t len = name_set(&sun);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, len) ||
	    listen(fd, QUEUE))
		return -errno;
	return 0;
}

/*
 * Another process has bound the name.  If it belongs to root or to our own
 * user, it is a dnatd.
 */
static int name_taken(const struct netns *netns, const char *dir,
		      struct err *err)
{
	struct ucred cred = holder();

	if (cred.pid && (!cred.uid || cred.uid == geteuid()))
		return already_running(err);
	if (netns->file < 0)
		return err_set(err, -EADDRINUSE, NULL,
			       "process %d of user %u has the abstract socket @" NAME
			       ", and there is no lock in %s to tell whether it is a dnatd: %s; end it",
			       (int)cred.pid, cred.uid, dir,
			       strerror(-netns->file));
	if (cred.pid)
		say_warning("process %d of user %u has the abstract socket @" NAME
			    ", which is dnatd's; dnatd starts nevertheless",
			    (int)cred.pid, cred.uid);
	else
		say_warning("some process has the abstract socket @" NAME
			    ", which is dnatd's; dnatd starts nevertheless");
	return 0;
}

int netns_lock(struct netns *netns, const char *dir, struct err *err)
{
	int ret;

	netns->file = lock_file(dir);
	if (netns->file == -EADDRINUSE)
		return already_running(err);
	netns->name = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ret = take_name(netns->name);
	if (ret == -EADDRINUSE)
		ret = name_taken(netns, dir, err);
	else if (ret)
		err_set(err, ret, NULL, "no unix socket: %s", strerror(-ret));
	if (ret)
		netns_unlock(netns);
	return ret;
}

void netns_unlock(struct netns *netns)
{
	if (netns->name >= 0)
		close(netns->name);
	if (netns->file >= 0)
		close(netns->file);
	*netns = (struct netns){ -1, -1 };
}
