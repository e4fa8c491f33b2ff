/* SPDX-License-Identifier: GPL-2.0-only */
/* A control socket's server, and its clients. */
#ifndef DNAT_CONTROL_SERVER_H
#define DNAT_CONTROL_SERVER_H

#include "control/control.h"
#include "server.h"

extern const struct access access_none;
extern struct access server_access;	/* whom the next server lets in */
extern char dir[];		/* a directory of the test's own */
extern char path[100];		/* in it, the server's socket */

void place_make(void);

/* The server has removed its socket. */
void place_remove(void);

/*
 * A control_fn (control.h); echo: the args; fail: an error; big: a string of
 * "bytes" bytes; count: from "from" to 0, in parts; monitor: events, of @data;
 * tell: so many as "times" says; requests: how many there were.
 */
int control_answer(const char *op, const json_t *args, const struct peer *peer,
		   json_t **result, struct long_answer **parts,
		   struct err *error, void *data);

extern const struct server control_server;

/* Return: a socket that is connected to the server */
int client(void);

/* A server that has had enough may close in the middle. */
void put(int fd, const char *text, size_t len);
void send_text(int fd, const char *text);

/* One line without its newline; NULL at the end. */
char *hear(int fd);

#define REFUSED(fd, name)                                                  \
	do {                                                               \
		const char *said = hear(fd);                               \
		CHECK(said && !strncmp(said, "{\"ok\":false,", 12));       \
		CHECK(said && strstr(said, "\"errno\":\"" name "\""));     \
	} while (0)

#define CLOSED(fd)                                                         \
	do {                                                               \
		CHECK(!hear(fd));                                          \
		close(fd);                                                 \
	} while (0)

#endif
