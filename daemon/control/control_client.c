// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "control/control_client.h"

/* In bytes: */
#define ANSWER_MAX (64U << 20)	/* unsent answers of all clients together */
#define ANSWER_KEPT (16U << 20)	/* of these for clients that may change */
#define ANSWER_PAUSE (1U << 20)	/* unsent; no new request is handled above */
#define PART_PAUSE 1		/* unsent; no new part is made above */

#define LONG_READS 16		/* of 4 KiB each, in one turn */

#define TEXT_OF(macro) TEXT(macro)
#define TEXT(text) #text

static void client_drop_answer(struct client *client)
{
	long_answer_free(client->parts);
	client->parts = NULL;
	free(client->line.buf);
	client->line = (struct text){ 0 };
}

void client_free(struct client *client)
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

/* Send and free @answer.  If it is NULL, disconnect the client. */
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

void client_queue(void *data)
{
	struct client *client = data;
	struct control *control = client->control;

	if (client->queued)
		return;
	client->queued = true;
	/* Unfinished lines use memory: finish this one before others begin. */
	if (client->parts && client->parts->whole && client->line.len)
		TAILQ_INSERT_HEAD(&control->queue, client, turn);
	else
		TAILQ_INSERT_TAIL(&control->queue, client, turn);
	loop_timer(control->work, 0);
}

/* Clients that may only read must leave memory for those that may change. */
static bool too_much(const struct client *client, size_t more)
{
	size_t max = client->peer.changes ? ANSWER_MAX :
					    ANSWER_MAX - ANSWER_KEPT;

	return control_waiting(client->control) + more > max;
}

static char *too_large(void)
{
	struct err err;

	err_set(&err, -EMSGSIZE, NULL,
		"the answer is too large; ask for one service or backend, or again later");
	return protocol_refusal(-EMSGSIZE, &err);
}

/* Make one part of an answer.  Return: false if no part is ready yet */
static bool client_part(struct client *client)
{
	char *answer;

	if (!protocol_part(&client->parts, &client->line, &answer))
		return false;
	if (answer || !client->parts) {
		client_send(client, answer);
	} else if (too_much(client, 0)) {
		client_drop_answer(client);
		client_send(client, too_large());
	}
	return true;
}

/* @line: freed by @control->long_fn */
static char *answer_long(struct client *client, char *line, size_t len)
{
	struct control *control = client->control;
	struct err err;
	int ret = control->long_fn(line, len, &client->peer, &client->parts,
				   &err, control->data);

	return ret ? protocol_refusal(ret, &err) : NULL;
}

/* @line: freed here */
static void client_answer(struct client *client, char *line, size_t len)
{
	struct control *control = client->control;
	char *answer;

	if (len > CONTROL_LINE_MAX && control->long_fn) {
		answer = answer_long(client, line, len);
	} else {
		answer = protocol_answer(line, len, control->fn, &client->peer,
					 control->data, &client->parts);
		free(line);
	}
	/* The time limit for reading the answer starts now, not earlier. */
	event_base_update_cache_time(control->base);
	if (client->parts) {
		client->parts->wake = client_queue;
		client->parts->wake_data = client;
		return;
	}
	if (answer && too_much(client, strlen(answer))) {
		free(answer);
		answer = too_large();
	}
	client_send(client, answer);
}

/*
 * Set the deadline only when the state changes.  A client that sends a byte now
 * and then must not extend it.
 */
static void client_wait(struct client *client, enum wait wait)
{
	static const int limits[] = {
		[WAIT_LINE] = CONTROL_TIMEOUT_MS,
		[WAIT_LONG] = CONTROL_LONG_MS,
		[WAIT_REQUEST] = CONTROL_IDLE_MS,
	};

	if (wait == client->wait)
		return;
	client->wait = wait;
	if (wait == WAIT_NOT)
		event_del(client->deadline);
	else
		loop_timer(client->deadline, limits[wait]);
}

/* Return: bytes of the first line; @whole: whether its newline is there */
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

/* Return: false if the line, complete or not, is too long and was refused */
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
	/* Keep the list sorted by the last request, for cut_idle(). */
	TAILQ_REMOVE(&control->clients, client, entry);
	TAILQ_INSERT_TAIL(&control->clients, client, entry);
	client_wait(client, WAIT_NOT);
	client_answer(client, line, len);
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
 * The client has closed the connection: drop its answers.  Its requests that
 * have arrived are still carried out, if it may change something.
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
		client_wait(client, client->control->long_line == client ?
				    WAIT_LONG : WAIT_LINE);
	else
		client_wait(client, WAIT_REQUEST);
}

/*
 * Answer one request, or make one part of an answer, if the client has read
 * what came before.  Return: whether something was done and there may be more
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
		client->closing = client->ended && client->parts->endless;
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

void client_run(struct client *client)
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

/* A client that has only sent more of an incomplete line needs no turn. */
static bool needs_turn(struct client *client)
{
	size_t max = client->control->long_line == client ? CONTROL_LONG_MAX :
							    CONTROL_LINE_MAX;
	size_t len;
	bool whole;

	if (client->closing || client->ended || client->parts ||
	    (client->wait != WAIT_LINE && client->wait != WAIT_LONG))
		return true;
	len = client_line(client, &whole);
	return whole || len > max;
}

/* libevent has read 4 KiB.  Of a long line, read more that has arrived. */
static void read_on(const struct client *client)
{
	struct evbuffer *in = bufferevent_get_input(client->bev);
	int fd = bufferevent_getfd(client->bev);

	evbuffer_unfreeze(in, 0);
	for (int i = 1; i < LONG_READS &&
	     evbuffer_get_length(in) <= CONTROL_LONG_MAX &&
	     evbuffer_read(in, fd, -1) > 0; i++)
		;
	evbuffer_freeze(in, 0);
}

/* Input has arrived, or all output is sent. */
static void client_ready(struct bufferevent *bev, void *data)
{
	struct client *client = data;

	(void)bev;
	if (client->control->long_line == client && !client->closing)
		read_on(client);
	if (needs_turn(client))
		client_queue(client);
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
	client_refuse(client, -ETIMEDOUT, client->wait == WAIT_REQUEST ?
		      "the connection was idle for too long; connect again" :
		      "the request took too long");
	client_queue(client);
}

struct client *client_new(struct control *control, int fd,
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
