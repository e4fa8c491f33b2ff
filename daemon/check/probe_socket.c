// SPDX-License-Identifier: GPL-2.0-only
/* Open the sockets of checks and bind them to their source address. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check/probe.h"

/*
 * Whether the machine has the address @addr.  connect() of a UDP socket sends
 * no packet but chooses a source, which for a local address is that address.
 * bind() is no test, because it always succeeds with net.ipv4.ip_nonlocal_bind.
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
	/* Any port other than 0 works. */
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
	/* connect() chooses the port: one port can serve several backends. */
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
