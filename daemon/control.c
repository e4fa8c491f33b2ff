// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"
#include "control_socket.h"
#include "loop.h"
#include "protocol.h"

#define CLIENTS_MAX 256
#define PLACES_KEPT 16		/* of these, for who may change something */
#define ANSWER_MAX (64U << 20)	/* one answer, and all that wait together */
#define ANSWER_PAUSE (1U << 20)	/* no next request while this much waits */
#define PART_PAUSE 1		/* nor a next part while anything waits */
#define ACCEPT_PAUSE_S 1

#define TEXT_OF(macro) TEXT(macro)
#define TEXT(text) #text

struct control {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *accept_again;
	struct access access;
	control_fn fn;
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
	struct parts *parts;	/* what is to come of an answer, or NULL */
	struct text line;	/* of that answer, as far as it is */
	size_t seen;		/* bytes that have no newline in them */
	bool queued;
	bool ended;		/* it sends no more */
	bool gone;		/* nor does it take answers */
	bool closing;		/* answer what was begun, then close */
};

static void client_drop_answer(struct client *client)
{
	parts_free(client->parts);
	client->parts = NULL;
	free(client->line.buf);
	client->line = (struct text){ 0 };
}

static void client_free(struct client *client)
{
	TAILQ_REMOVE(&client->control->clients, client, entry);
	client->control->n_clients--;
	if (client->queued)
		TAILQ_REMOVE(&client->control->queue, client, turn);
	if (client->control->long_line == client)
		client->control->long_line = NULL;
	if (client->deadline)
		event_free(client->deadline);
	if (client->bev)
		bufferevent_free(client->bev);
	client_drop_answer(client);
	free(client);
}

static size_t client_waiting(const struct client *client)
{
	return evbuffer_get_length(bufferevent_get_output(client->bev));
}

static size_t control_waiting(const struct control *control)
{
	const struct client *client;
	size_t total = 0;

	TAILQ_FOREACH(client, &control->clients, entry)
		total += client_waiting(client) + client->line.len;
	return total;
}

static void answer_cleanup(const void *data, size_t len, void *extra)
{
	(void)len;
	(void)extra;
	free((void *)data);
}

/* Takes @answer over; without one the client is cut off. */
static void client_send(struct client *client, char *answer)
{
	struct evbuffer *out = bufferevent_get_output(client->bev);

	if (client->gone && answer) {
		free(answer);
		return;
	}
	if (!answer || evbuffer_add_reference(out, answer, strlen(answer),
					      answer_cleanup, NULL)) {
		free(answer);
		client->closing = true;
	}
}

static void client_refuse(struct client *client, int error, const char *msg)
{
	struct err err;

	err_set(&err, error, NULL, "%s", msg);
	client_send(client, protocol_refusal(error, &err));
	client->closing = true;
}

/* There may be something to do for it: that is done when it is its turn. */
static void client_queue(void *data)
{
	static const struct timeval next_turn;
	struct client *client = data;
	struct control *control = client->control;

	if (client->queued)
		return;
	client->queued = true;
	/* Lines that are half made fill the memory: one is finished first. */
	if (client->parts && client->parts->whole && client->line.len)
		TAILQ_INSERT_HEAD(&control->queue, client, turn);
	else
		TAILQ_INSERT_TAIL(&control->queue, client, turn);
	event_add(control->work, &next_turn);
}

static bool too_much(const struct control *control, size_t more)
{
	return control_waiting(control) + more > ANSWER_MAX;
}

static char *too_large(void)
{
	struct err err;

	err_set(&err, -EMSGSIZE, NULL,
		"the answer is too large; ask for one service or backend, or again later");
	return protocol_refusal(-EMSGSIZE, &err);
}

/* Make a part of an answer.  Return: false where there is none yet */
static bool client_part(struct client *client)
{
	char *answer;

	if (!protocol_part(&client->parts, &client->line, &answer))
		return false;
	if (answer || !client->parts) {
		client_send(client, answer);
	} else if (too_much(client->control, 0)) {
		client_drop_answer(client);
		client_send(client, too_large());
	}
	return true;
}

static void client_answer(struct client *client, const char *line, size_t len)
{
	struct control *control = client->control;
	char *answer;

	answer = protocol_answer(line, len, control->fn, &client->peer,
				 control->data, &client->parts);
	/* The client's time to take the answer starts when there is one. */
	event_base_update_cache_time(control->base);
	if (client->parts) {
		client->parts->wake = client_queue;
		client->parts->wake_data = client;
		return;
	}
	if (answer && too_much(control, strlen(answer))) {
		free(answer);
		answer = too_large();
	}
	client_send(client, answer);
}

/* The clock of a wait runs from its begin, whatever trickles in. */
static void client_wait(struct client *client, enum wait wait)
{
	static const struct timeval limits[] = {
		[WAIT_LINE] = { CONTROL_TIMEOUT_MS / 1000,
				CONTROL_TIMEOUT_MS % 1000 * 1000 },
		[WAIT_REQUEST] = { CONTROL_IDLE_MS / 1000,
				   CONTROL_IDLE_MS % 1000 * 1000 },
	};

	if (wait == client->wait)
		return;
	client->wait = wait;
	if (wait == WAIT_NOT)
		event_del(client->deadline);
	else
		event_add(client->deadline, &limits[wait]);
}

/* How much of a line is there; *whole with its newline. */
static size_t client_line(struct client *client, bool *whole)
{
	struct evbuffer *in = bufferevent_get_input(client->bev);
	struct evbuffer_ptr end, from;

	evbuffer_ptr_set(in, &from, client->seen, EVBUFFER_PTR_SET);
	end = evbuffer_search_eol(in, &from, NULL, EVBUFFER_EOL_LF);
	*whole = end.pos >= 0;
	client->seen = *whole ? 0 : evbuffer_get_length(in);
	return *whole ? (size_t)end.pos : client->seen;
}

static bool may_be_long(const struct client *client)
{
	char begin[sizeof(CONTROL_LONG) - 1];

	return client->peer.changes &&
	       evbuffer_copyout(bufferevent_get_input(client->bev), begin,
				sizeof(begin)) == sizeof(begin) &&
	       !memcmp(begin, CONTROL_LONG, sizeof(begin));
}

static void set_long(struct client *client, bool is_long)
{
	client->control->long_line = is_long ? client : NULL;
	bufferevent_setwatermark(client->bev, EV_READ, 0,
				 (is_long ? CONTROL_LONG_MAX :
					    CONTROL_LINE_MAX) + 1);
}

/* Refuse a line that is too long, be it whole or not. */
static bool client_line_fits(struct client *client, size_t len)
{
	const struct client *other = client->control->long_line;

	if (len <= CONTROL_LINE_MAX)
		return true;
	if (!may_be_long(client)) {
		client_refuse(client, -EMSGSIZE,
			      "the request is longer than " TEXT_OF(
			      CONTROL_LINE_MAX) " bytes");
		return false;
	}
	if (other && other != client) {
		client_refuse(client, -EBUSY,
			      "another configuration is being sent; try again");
		return false;
	}
	if (len > CONTROL_LONG_MAX) {
		client_refuse(client, -EMSGSIZE,
			      "the configuration is too long");
		return false;
	}
	if (!other)
		set_long(client, true);
	return true;
}

static void client_request(struct client *client)
{
	struct evbuffer *in = bufferevent_get_input(client->bev);
	struct control *control = client->control;
	size_t len;
	char *line = evbuffer_readln(in, &len, EVBUFFER_EOL_LF);

	if (!line) {
		client->closing = true;
		return;
	}
	/* Who has asked last is the last to be cut off. */
	TAILQ_REMOVE(&control->clients, client, entry);
	TAILQ_INSERT_TAIL(&control->clients, client, entry);
	client_wait(client, WAIT_NOT);
	client_answer(client, line, len);
	free(line);
	if (control->long_line == client)
		set_long(client, false);
}

static bool client_is_gone(const struct client *client)
{
	struct pollfd end = { .fd = bufferevent_getfd(client->bev) };

	return client->gone ||
	       (poll(&end, 1, 0) == 1 && (end.revents & POLLHUP));
}

/*
 * The other end is closed, and takes no answer.  What one who may change
 * something has sent by then is carried out all the same.
 */
static void client_leave(struct client *client)
{
	struct evbuffer *out = bufferevent_get_output(client->bev);

	client->gone = true;
	client->ended = true;
	evbuffer_drain(out, evbuffer_get_length(out));
	client_drop_answer(client);
}

static void client_rest(struct client *client)
{
	if (client->closing || client->parts || client_waiting(client))
		client_wait(client, WAIT_NOT);
	else if (evbuffer_get_length(bufferevent_get_input(client->bev)))
		client_wait(client, WAIT_LINE);
	else
		client_wait(client, WAIT_REQUEST);
}

/*
 * Answer one request, or make one part of an answer, where the client has taken
 * what came before.  Return: whether something was done, and there may be more
 */
static bool client_step(struct client *client)
{
	struct evbuffer *in = bufferevent_get_input(client->bev);
	bool whole;

	if (client->closing ||
	    client_waiting(client) >= (client->parts ? PART_PAUSE :
						       ANSWER_PAUSE))
		return false;
	if (client->parts) {
		if (client_part(client))
			return true;
		/* Who sends no more does not wait for it either. */
		client->closing = client->ended;
		return false;
	}
	if (!client_line_fits(client, client_line(client, &whole)))
		return false;
	if (whole) {
		client_request(client);
		return true;
	}
	if (!client->ended)
		return false;
	if (evbuffer_get_length(in))
		client_refuse(client, -EINVAL,
			      "the request ends before its newline");
	client->closing = true;
	return false;
}

static void client_run(struct client *client)
{
	if (client_is_gone(client)) {
		if (!client->peer.changes) {
			client_free(client);
			return;
		}
		client_leave(client);
	}
	if (client_step(client))
		client_queue(client);
	client_rest(client);
	if (!client->closing)
		return;

	bufferevent_disable(client->bev, EV_READ);
	if (!client_waiting(client))
		client_free(client);
}

/* One client a turn of the loop, so that nobody waits long for another one. */
static void control_work(evutil_socket_t fd, short what, void *data)
{
	static const struct timeval next_turn;
	struct control *control = data;
	struct client *client = TAILQ_FIRST(&control->queue);

	(void)fd;
	(void)what;
	if (!client)
		return;
	loop_does("a client");
	TAILQ_REMOVE(&control->queue, client, turn);
	client->queued = false;
	client_run(client);
	if (!TAILQ_EMPTY(&control->queue))
		event_add(control->work, &next_turn);
}

/* Something was read, or all that waited is sent. */
static void client_ready(struct bufferevent *bev, void *data)
{
	(void)bev;
	client_queue(data);
}

static void client_event(struct bufferevent *bev, short what, void *data)
{
	struct client *client = data;

	(void)bev;
	if (what & BEV_EVENT_TIMEOUT) {
		client_free(client);
		return;
	}
	client->ended = true;
	if (what & BEV_EVENT_ERROR)
		client_leave(client);
	client_queue(client);
}

static void client_late(evutil_socket_t fd, short what, void *data)
{
	struct client *client = data;

	(void)fd;
	(void)what;
	client_refuse(client, -ETIMEDOUT, client->wait == WAIT_LINE ?
		      "the request took too long" :
		      "nothing was asked for too long; connect again");
	client_queue(client);
}

/* One try, for a client that has no place. */
static void refuse(int fd, int error, const char *msg)
{
	struct err err;
	char *answer;

	err_set(&err, error, NULL, "%s", msg);
	answer = protocol_refusal(error, &err);
	if (answer)
		send(fd, answer, strlen(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
	free(answer);
}

static void refuse_now(int fd, int error, const char *msg)
{
	refuse(fd, error, msg);
	close(fd);
}

static struct client *client_new(struct control *control, int fd,
				 const struct peer *peer)
{
	static const struct timeval limit = {
		.tv_sec = CONTROL_TIMEOUT_MS / 1000,
		.tv_usec = CONTROL_TIMEOUT_MS % 1000 * 1000,
	};
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->control = control;
	client->peer = *peer;
	TAILQ_INSERT_TAIL(&control->clients, client, entry);
	control->n_clients++;

	client->deadline = evtimer_new(control->base, client_late, client);
	if (client->deadline)
		client->bev = bufferevent_socket_new(control->base, fd,
						     BEV_OPT_CLOSE_ON_FREE);
	if (!client->bev) {
		client_free(client);
		return NULL;
	}
	bufferevent_setcb(client->bev, client_ready, client_ready, client_event,
			  client);
	bufferevent_setwatermark(client->bev, EV_READ, 0,
				 CONTROL_LINE_MAX + 1);
	bufferevent_set_timeouts(client->bev, NULL, &limit);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
	client_wait(client, WAIT_REQUEST);
	return client;
}

/* Cut off the reader that has asked nothing for the longest time. */
static bool cut_idle(struct control *control)
{
	struct client *client;

	TAILQ_FOREACH(client, &control->clients, entry) {
		if (client->peer.changes || client->wait != WAIT_REQUEST ||
		    client->queued)
			continue;
		refuse(bufferevent_getfd(client->bev), -EBUSY,
		       "dnatd has too many clients, and this one asked nothing; connect again");
		client_free(client);
		return true;
	}
	return false;
}

static bool make_place(struct control *control, const struct peer *peer)
{
	size_t places = peer->changes ? CLIENTS_MAX : CLIENTS_MAX - PLACES_KEPT;

	return control->n_clients < places || cut_idle(control);
}

static void control_accept(struct evconnlistener *listener, evutil_socket_t fd,
			   struct sockaddr *addr, int len, void *data)
{
	struct control *control = data;
	struct peer peer;

	(void)listener;
	(void)addr;
	(void)len;
	if (!access_peer(&control->access, fd, &peer))
		refuse_now(fd, -EPERM,
			   "only root and members of group " ACCESS_GROUP
			   " may ask dnatd; run dnatctl as root, or add your user to the group");
	else if (!make_place(control, &peer))
		refuse_now(fd, -EBUSY,
			   "dnatd has too many clients; close one of them");
	else if (!client_new(control, fd, &peer))
		refuse_now(fd, -ENOMEM, "dnatd is out of memory");
}

/* Out of descriptors, say: rest, rather than spin on what cannot be taken. */
static void control_accept_error(struct evconnlistener *listener, void *data)
{
	static const struct timeval rest = { .tv_sec = ACCEPT_PAUSE_S };
	struct control *control = data;

	evconnlistener_disable(listener);
	event_add(control->accept_again, &rest);
}

static void control_accept_again(evutil_socket_t fd, short what, void *data)
{
	struct control *control = data;

	(void)fd;
	(void)what;
	evconnlistener_enable(control->listener);
}

static int control_listen(struct control *control, const char *path,
			  struct err *err)
{
	int fd = control_socket_open(&control->socket, path,
				     control->access.group, err);

	if (fd < 0)
		return fd;
	control->listener = evconnlistener_new(control->base, control_accept,
					       control,
					       LEV_OPT_CLOSE_ON_FREE |
					       LEV_OPT_CLOSE_ON_EXEC, -1, fd);
	if (!control->listener) {
		close(fd);
		return err_set(err, -ENOMEM, NULL,
			       "no one can listen on socket %s: %s", path,
			       strerror(errno));
	}
	evconnlistener_set_error_cb(control->listener, control_accept_error);
	return 0;
}

struct control *control_new(struct event_base *base, const char *path,
			    const struct access *access, control_fn fn,
			    void *data, struct err *err)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control) {
		err_no_memory(err);
		return NULL;
	}
	control->base = base;
	control->access = *access;
	control->fn = fn;
	control->data = data;
	control->socket.lock = -1;
	TAILQ_INIT(&control->clients);
	TAILQ_INIT(&control->queue);

	control->work = evtimer_new(base, control_work, control);
	control->accept_again = evtimer_new(base, control_accept_again,
					    control);
	if (!control->work || !control->accept_again) {
		err_no_memory(err);
		control_free(control);
		return NULL;
	}
	if (control_listen(control, path, err)) {
		control_free(control);
		return NULL;
	}
	return control;
}

void control_free(struct control *control)
{
	if (!control)
		return;
	while (!TAILQ_EMPTY(&control->clients))
		client_free(TAILQ_FIRST(&control->clients));
	if (control->listener)
		evconnlistener_free(control->listener);
	control_socket_close(&control->socket);
	if (control->work)
		event_free(control->work);
	if (control->accept_again)
		event_free(control->accept_again);
	free(control);
}
