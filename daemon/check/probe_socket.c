// SPDX-License-Identifier: GPL-2.0-only
/* The sockets of checks, and the address that these come from. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check/probe.h"

/*
 * The kernel answers with the source that it would take, without a packet: of
 * an address that the machine has it is the address.  That bind() succeeds
 * says nothing where net.ipv4.ip_nonlocal_bind is set.
 */
static bool is_local(const struct sockaddr_storage *addr, socklen_t len)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
	struct sockaddr_storage to = *addr, from = { 0 };
	struct sockaddr_in6 *from6 = (struct sockaddr_in6 *)&from;
	struct sockaddr_in *from4 = (struct sockaddr_in *)&from;
	socklen_t from_len = sizeof(from);
	int fd = socket(addr->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool local;

	if (fd < 0)
		return false;
	/* Any port will do; port 0 is none. */
	((struct sockaddr_in *)&to)->sin_port = htons(9);
	local = !connect(fd, (struct sockaddr *)&to, len) &&
		!getsockname(fd, (struct sockaddr *)&from, &from_len) &&
		(addr->ss_family == AF_INET ?
			 from4->sin_addr.s_addr == v4->sin_addr.s_addr :
			 IN6_ARE_ADDR_EQUAL(&from6->sin6_addr,
					    &v6->sin6_addr));
	close(fd);
	return local;
}

int target_socket(const struct target *target, int type)
{
	static const int yes = 1;
	const struct target source = { .addr = target->source };
	int fd = socket(target->addr.family,
			type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_storage from;
	socklen_t len;

	if (fd < 0 || target->source.family != target->addr.family)
		return fd;
	len = target_sockaddr(&source, &from);
	/* The port is chosen by connect(), which needs one for each backend. */
	if (is_local(&from, len) &&
	    (setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &yes,
			sizeof(yes)) ||
	     bind(fd, (struct sockaddr *)&from, len)) &&
	    errno != EADDRNOTAVAIL) {
		close(fd);
		return -1;
	}
	return fd;
}
