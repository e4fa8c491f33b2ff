/* SPDX-License-Identifier: GPL-2.0-only */
/* One client of the control socket: its lines, and the answers to them. */
#ifndef DNAT_CONTROL_CLIENT_H
#define DNAT_CONTROL_CLIENT_H

#include <event2/event.h>
#include <event2/listener.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "common/text.h"
#include "control/access.h"
#include "control/control_socket.h"
#include "control/protocol.h"

struct control {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *accept_again;
	struct access access;
	control_fn fn;
	control_long_fn long_fn;	/* NULL: @fn */
	void *data;
	struct control_socket socket;
	TAILQ_HEAD(client_list, client) clients;	/* the last that asked is the last */
	size_t n_clients;
	struct client_list queue;	/* those that it may be the turn of */
	struct event *work;	/* takes the first of them */
	struct client *long_line;	/* who is sending one, or NULL */
};

/* What is waited for, and not for ever. */
enum wait {
	WAIT_NOT,
	WAIT_LINE,		/* the rest of it */
	WAIT_LONG,		/* of a configuration */
	WAIT_REQUEST,
};

struct client {
	TAILQ_ENTRY(client) entry;
	TAILQ_ENTRY(client) turn;	/* in the queue */
	struct control *control;
	struct bufferevent *bev;
	struct event *deadline;	/* for what it waits for */
	enum wait wait;
	struct peer peer;
	struct long_answer *parts;	/* what is to come of an answer, or NULL */
	struct text line;	/* of that answer, as far as it is */
	size_t seen;		/* bytes that have no newline in them */
	bool queued;
	bool ended;		/* it sends no more */
	bool gone;		/* nor does it take answers */
	bool closing;		/* answer what was begun, then close */
};

/* It is in the list of @control.  NULL where memory is short: @fd is still open. */
struct client *client_new(struct control *control, int fd,
			  const struct peer *peer);
void client_free(struct client *client);

/* There may be something to do for it: that is done when it is its turn. */
void client_queue(void *client);

/* It is its turn: answer a request, or make a part of an answer; it may be freed. */
void client_run(struct client *client);

#endif
