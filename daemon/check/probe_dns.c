// SPDX-License-Identifier: GPL-2.0-only
/* Check dns: a query to a name server over UDP. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "check/probe.h"
#include "check/response.h"

struct dns {
	struct probe probe;
	struct event *event;
	int fd;
	size_t len;
	uint8_t query[REPLY_DNS_MAX];
};

static void dns_free(struct probe *probe)
{
	struct dns *dns = (struct dns *)probe;

	if (dns->event)
		event_free(dns->event);
	if (dns->fd >= 0)
		close(dns->fd);
	free(dns);
}

static void dns_readable(evutil_socket_t fd, short what, void *data)
{
	uint8_t reply[REPLY_DNS_MAX];
	struct dns *dns = data;
	char fault[FAULT_LEN];
	ssize_t len = recv(fd, reply, sizeof(reply), MSG_DONTWAIT);

	(void)what;
	loop_does("a check");
	if (len < 0) {
		if (errno != EAGAIN && errno != EINTR)
			probe_failed(&dns->probe, errno, strerror(errno));
		return;
	}
	switch (response_dns(dns->query, dns->len, reply, (size_t)len, fault)) {
	case REPLY_MORE:
		break;
	case REPLY_GOOD:
		probe_end(&dns->probe, NULL);
		break;
	case REPLY_BAD:
		probe_end(&dns->probe, fault);
		break;
	}
}

static int dns_send(struct dns *dns, const struct target *target)
{
	struct sockaddr_storage to;
	socklen_t len = target_sockaddr(target, &to);
	uint16_t id;

	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		return -1;
	dns->len = dns_query(target->check->dns_name, id,
			     target->addr.family == AF_INET6, dns->query);
	dns->fd = target_socket(target, SOCK_DGRAM);
	if (dns->fd < 0 || connect(dns->fd, (struct sockaddr *)&to, len) ||
	    send(dns->fd, dns->query, dns->len, 0) != (ssize_t)dns->len)
		return -1;
	return 0;
}

struct probe *probe_dns(struct probes *probes, const struct target *target,
			char *fault)
{
	struct dns *dns = calloc(1, sizeof(*dns));
	int error;

	errno = ENOMEM;
	if (!dns)
		goto fail;
	dns->probe.free = dns_free;
	dns->fd = -1;
	if (dns_send(dns, target))
		goto fail;
	dns->event = event_new(probes->base, dns->fd, EV_READ | EV_PERSIST,
			       dns_readable, dns);
	errno = ENOMEM;
	if (dns->event && !event_add(dns->event, NULL))
		return &dns->probe;
fail:
	error = errno;
	snprintf(fault, FAULT_LEN, "%s", strerror(error));
	if (dns)
		dns_free(&dns->probe);
	errno = error;
	return NULL;
}
