// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/addr.h"
#include "control/access.h"

int access_init(struct access *access, const char *admin_group,
		struct err *err)
{
	const struct group *group = getgrnam(ACCESS_GROUP);
	char quoted[80];

	access->group = group ? group->gr_gid : NO_GROUP;
	access->admin_group = NO_GROUP;
	if (!admin_group)
		return 0;
	group = getgrnam(admin_group);
	if (!group)
		return err_set(err, -ENOENT, NULL,
			       "--admin-group \"%s\": there is no such group; see \"getent group\"",
			       text_quote(admin_group, quoted, sizeof(quoted)));
	access->admin_group = group->gr_gid;
	return 0;
}

/*
 * The peer's supplementary groups when it connected, the caller's to free; NULL
 * on error.
 */
static gid_t *peer_groups(int fd, size_t *n)
{
	socklen_t len = 64 * sizeof(gid_t);
	gid_t *groups = NULL, *more;

	/* With ERANGE the kernel sets len to the size needed: try again. */
	for (int i = 0; i < 2; i++) {
		more = realloc(groups, len + 1);
		if (!more)
			break;
		groups = more;
		if (!getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len)) {
			*n = len / sizeof(*groups);
			return groups;
		}
		if (errno != ERANGE)
			break;
	}
	free(groups);
	return NULL;
}

static bool is_member(gid_t group, gid_t own, const gid_t *groups, size_t n)
{
	if (group == NO_GROUP)
		return false;
	for (size_t i = 0; i < n; i++)
		if (groups[i] == group)
			return true;
	return own == group;
}

bool access_peer(const struct access *access, int fd, struct peer *peer)
{
	socklen_t len = sizeof(struct ucred);
	struct ucred cred;
	gid_t *groups;
	size_t n = 0;
	bool looks;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return false;
	groups = peer_groups(fd, &n);
	peer->uid = cred.uid;
	peer->pid = cred.pid;
	peer->root = cred.uid == 0 || cred.uid == geteuid();
	peer->changes = peer->root ||
			is_member(access->admin_group, cred.gid, groups, n);
	looks = peer->changes ||
		is_member(access->group, cred.gid, groups, n);
	free(groups);
	return looks;
}

int access_give(const char *path, gid_t group)
{
	gid_t own = getegid();
	int ret = chown(path, (uid_t)-1, group);

	if (!ret || errno != EPERM || setegid(group))
		return ret;
	ret = chown(path, (uid_t)-1, group);
	return setegid(own) ? -1 : ret;
}
