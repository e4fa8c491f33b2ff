/* SPDX-License-Identifier: GPL-2.0-only */
/* One client of the control socket: reads its lines, sends the answers. */
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
	/* Sorted by the time of the last request, the oldest first. */
	TAILQ_HEAD(client_list, client) clients;
	size_t n_clients;
	struct client_list queue;	/* clients that may have work */
	struct event *work;	/* serves the first client of @queue */
	struct client *long_line;	/* the one that sends one, or NULL */
};

/* What the client's deadline is for. */
enum wait {
	WAIT_NOT,		/* no deadline */
	WAIT_LINE,		/* the rest of a line */
	WAIT_LONG,		/* the rest of a long line */
	WAIT_REQUEST,		/* the next request */
};

struct client {
	TAILQ_ENTRY(client) entry;
	TAILQ_ENTRY(client) turn;	/* in @control->queue, if @queued */
	struct control *control;
	struct bufferevent *bev;
	struct event *deadline;	/* of @wait */
	enum wait wait;
	struct peer peer;
	struct long_answer *parts;	/* an unfinished answer, or NULL */
	struct text line;	/* the unfinished line of @parts */
	size_t seen;		/* input bytes known to contain no newline */
	bool queued;
	bool ended;		/* the client sends nothing more */
	bool gone;		/* and reads nothing more */
	bool closing;		/* send the remaining output, then close */
};

/*
 * Add a client to the list of @control.
 * Return: NULL when out of memory; then @fd is still open, the caller's to
 * close
 */
struct client *client_new(struct control *control, int fd,
			  const struct peer *peer);
void client_free(struct client *client);

/* Queue @client for client_run(), because it may have work. */
void client_queue(void *client);

/* Answer one request, or make one part of an answer.  May free @client. */
void client_run(struct client *client);

#endif
