/* SPDX-License-Identifier: GPL-2.0-only */
/* A server in a child process. */
#ifndef DNAT_SERVER_H
#define DNAT_SERVER_H

#include <event2/event.h>
#include <sys/types.h>

/* Both are called in the child, whose failed checks server_stop() counts. */
struct server {
	void (*begin)(struct event_base *base);
	void (*end)(void);
};

/* Return: when it is ready */
pid_t server_start(const struct server *server);
void server_stop(pid_t pid);

#endif
