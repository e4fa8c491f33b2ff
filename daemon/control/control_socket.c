// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/access.h"
#include "control/control_socket.h"

/* Create the socket's directory, but not the directories above it. */
static int make_dir(const char *path, struct err *err)
{
	char copy[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	const char *dir;

	snprintf(copy, sizeof(copy), "%s", path);
	dir = dirname(copy);
	if (!mkdir(dir, 0755) || errno == EEXIST)
		return 0;
	return err_set(err, -errno, NULL,
		       "directory %s for the socket cannot be made: %s", dir,
		       strerror(errno));
}

static int already_running(const char *path, struct err *err)
{
	return err_set(err, -EADDRINUSE, NULL,
		       "another dnatd is running on %s; stop it first", path);
}

/*
 * Without a lock, two dnatd that start at the same time could each take the
 * other's socket for a dead one, because it does not listen yet.  The kernel
 * releases the lock when its holder ends, for whatever reason.
 */
static int lock(struct control_socket *socket, struct err *err)
{
	char path[sizeof(socket->path) + sizeof(".lock")];

	snprintf(path, sizeof(path), "%s.lock", socket->path);
	socket->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			    0600);
	if (socket->lock < 0)
		return err_set(err, -errno, NULL, "%s cannot be made: %s",
			       path, strerror(errno));
	if (!flock(socket->lock, LOCK_EX | LOCK_NB))
		return 0;
	if (errno == EWOULDBLOCK)
		return already_running(socket->path, err);
	return err_set(err, -errno, NULL, "%s cannot be locked: %s", path,
		       strerror(errno));
}

/* Remove the socket of a dead dnatd, but never one that is in use. */
static int clear_stale(const struct sockaddr_un *addr, struct err *err)
{
	struct stat st;
	int error;
	int fd;

	if (lstat(addr->sun_path, &st))
		return errno == ENOENT ? 0 :
			err_set(err, -errno, NULL, "socket %s: %s",
				addr->sun_path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, -EEXIST, NULL,
			       "%s is there and is not a socket; move it away",
			       addr->sun_path);

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(err, -errno, NULL, "no unix socket: %s",
			       strerror(errno));
	error = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ?
			errno : 0;
	close(fd);
	if (error != ECONNREFUSED)
		return already_running(addr->sun_path, err);
	if (unlink(addr->sun_path))
		return err_set(err, -errno, NULL,
			       "the old socket %s cannot be removed: %s",
			       addr->sun_path, strerror(errno));
	return 0;
}

static int bind_private(int fd, const struct sockaddr_un *addr)
{
	mode_t mask = umask(0177);
	int ret = bind(fd, (const struct sockaddr *)addr, sizeof(*addr));

	umask(mask);
	return ret;
}

/* Set the group first: until then only dnatd's user may connect. */
static int share(const char *path, gid_t group)
{
	if (group == NO_GROUP)
		return 0;
	return access_give(path, group) || chmod(path, 0660);
}

/* Create and bind the socket.  Return: its descriptor or a negative errno */
static int make(struct control_socket *self, const struct sockaddr_un *addr,
		gid_t group, struct err *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int ret;

	if (fd >= 0 && !bind_private(fd, addr) && !share(self->path, group) &&
	    !lstat(self->path, &self->st))
		return fd;
	ret = err_set(err, -errno, NULL, "socket %s cannot be made: %s",
		      self->path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ret;
}

int control_socket_open(struct control_socket *self, const char *path,
			gid_t group, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int ret;

	self->lock = -1;
	self->made = false;
	if (strlen(path) >= sizeof(self->path))
		return err_set(err, -ENAMETOOLONG, NULL,
			       "the socket's path has %zu bytes, more than %zu; use a shorter one",
			       strlen(path), sizeof(self->path) - 1);
	strcpy(self->path, path);
	strcpy(addr.sun_path, path);
	ret = make_dir(path, err);
	if (!ret)
		ret = lock(self, err);
	if (!ret)
		ret = clear_stale(&addr, err);
	if (!ret)
		ret = make(self, &addr, group, err);
	self->made = ret >= 0;
	return ret;
}

void control_socket_close(struct control_socket *self)
{
	struct stat st;

	if (self->made && !lstat(self->path, &st) &&
	    st.st_ino == self->st.st_ino && st.st_dev == self->st.st_dev)
		unlink(self->path);
	if (self->lock >= 0)
		close(self->lock);
}
