// SPDX-License-Identifier: GPL-2.0-only
/* Who may ask what: users in all kinds of groups connect. */
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/access.h"
#include "unit.h"

#define LOOKERS 40001
#define ADMINS 40002
#define USER 65534

enum { NOTHING, LOOKS, CHANGES };

static struct sockaddr_un addr = { .sun_family = AF_UNIX };
static int listener;

/* In the child: @groups[0] is his own. */
static void be(uid_t user, const gid_t *groups, size_t n)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char byte;

	NEED(!setgroups(n - 1, groups + 1) && !setgid(groups[0]) &&
	     !setuid(user));
	NEED(!connect(fd, (struct sockaddr *)&addr, sizeof(addr)));
	/* Until he has been looked at. */
	NEED(!read(fd, &byte, 1));
	_exit(0);
}

static int may(const struct access *access, uid_t user, const gid_t *groups,
	       size_t n)
{
	struct peer peer;
	bool looks;
	pid_t pid = fork();
	int fd;

	NEED(pid >= 0);
	if (!pid)
		be(user, groups, n);
	fd = accept(listener, NULL, NULL);
	NEED(fd >= 0);
	looks = access_peer(access, fd, &peer);
	CHECK_INT(peer.uid, user);
	CHECK_INT(peer.root, !user);
	close(fd);
	NEED(waitpid(pid, NULL, 0) == pid);
	return !looks ? NOTHING : peer.changes ? CHANGES : LOOKS;
}

#define MAY(access, user, ...)                                              \
	may(access, user, (gid_t[]){ __VA_ARGS__ },                         \
	    sizeof((gid_t[]){ __VA_ARGS__ }) / sizeof(gid_t))

static void test_groups(void)
{
	const struct access access = { LOOKERS, ADMINS };
	const struct access nobody = { NO_GROUP, NO_GROUP };
	const struct access one = { LOOKERS, LOOKERS };
	gid_t many[200];

	CHECK_INT(MAY(&access, 0, 1), CHANGES);
	CHECK_INT(MAY(&access, USER, LOOKERS), LOOKS);
	CHECK_INT(MAY(&access, USER, 1, 2, LOOKERS), LOOKS);
	CHECK_INT(MAY(&access, USER, LOOKERS, ADMINS), CHANGES);
	CHECK_INT(MAY(&access, USER, ADMINS), CHANGES);
	CHECK_INT(MAY(&access, USER, 1, 2, 3), NOTHING);
	CHECK_INT(MAY(&access, USER, 1), NOTHING);
	CHECK_INT(MAY(&nobody, USER, LOOKERS, ADMINS), NOTHING);
	CHECK_INT(MAY(&nobody, 0, 0), CHANGES);
	CHECK_INT(MAY(&one, USER, LOOKERS), CHANGES);
	CHECK_INT(MAY(&one, USER, ADMINS), NOTHING);

	/* More groups than there is room for at first. */
	for (gid_t i = 0; i < 200; i++)
		many[i] = 100 + i;
	CHECK_INT(may(&access, USER, many, 200), NOTHING);
	many[199] = LOOKERS;
	CHECK_INT(may(&access, USER, many, 200), LOOKS);
}

static void test_names(void)
{
	struct access access;
	struct err err;

	CHECK_INT(access_init(&access, NULL, &err), 0);
	CHECK(access.admin_group == NO_GROUP);
	CHECK_INT(access_init(&access, "root", &err), 0);
	CHECK_INT(access.admin_group, 0);
	CHECK(access_init(&access, "no\nsuch", &err) < 0);
	CHECK_STR(err.msg, "--admin-group \"no\\x0asuch\": there is no such group; see \"getent group\"");
}

int main(void)
{
	char dir[] = "/tmp/dnat-access-XXXXXX";

	test_names();
	if (geteuid()) {
		puts("not root: no other user to be");
		return 77;
	}
	NEED(mkdtemp(dir) && !chmod(dir, 0755));
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/socket", dir);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	NEED(listener >= 0 &&
	     !bind(listener, (struct sockaddr *)&addr, sizeof(addr)) &&
	     !chmod(addr.sun_path, 0666) && !listen(listener, 8));
	test_groups();
	unlink(addr.sun_path);
	rmdir(dir);
	return unit_result();
}
