// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "common/addr.h"
#include "control/http.h"
#include "control/http_request.h"

#define WAITING_MAX (64U << 20)	/* unsent bytes; answers are refused above */
#define LINGER_MS 2000		/* for the client to close after the answer */
#define ACCEPT_PAUSE_MS 1000
#define SHARE 10		/* pages take 1/10 of the time at most */

struct http {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *accept_again;
	struct http_addr addr;
	struct event *listen_again;
	int fault;		/* errno of the last try to listen */
	http_fn *fn;
	void *data;
	TAILQ_HEAD(client_list, client) clients;	/* the oldest first */
	size_t n_clients;

	struct event *work;	/* makes the next part of a page */
	struct long_answer *parts;	/* the unfinished page, or NULL */
	struct text text;	/* its text until now */
	int64_t spent;		/* CPU time spent on it, in us */
	int64_t rested;		/* time of the next page; ms, CLOCK_MONOTONIC */
};

enum client_state {
	CLIENT_ASKS,		/* sends its request */
	CLIENT_WAITS,		/* waits for the page */
	CLIENT_TAKES,		/* reads the answer */
	CLIENT_LEAVES,		/* has the answer; we wait until it closes */
};

struct client {
	TAILQ_ENTRY(client) entry;
	struct http *http;
	struct bufferevent *bev;
	struct event *deadline;	/* input does not extend it */
	enum client_state state;
	bool head;
	bool ended;		/* the client sends nothing more */
};

static void client_free(struct client *client)
{
	TAILQ_REMOVE(&client->http->clients, client, entry);
	client->http->n_clients--;
	if (client->deadline)
		event_free(client->deadline);
	if (client->bev)
		bufferevent_free(client->bev);
	free(client);
}

static struct evbuffer *client_out(const struct client *client)
{
	return bufferevent_get_output(client->bev);
}

static bool too_much_waits(const struct http *http)
{
	const struct client *client;
	size_t total = 0;

	TAILQ_FOREACH(client, &http->clients, entry)
		total += evbuffer_get_length(client_out(client));
	return total > WAITING_MAX;
}

static void client_refuse(struct client *client, unsigned int status)
{
	char buf[HTTP_HEAD_MAX];
	size_t len = http_refusal(status, client->head, buf);

	client->state = CLIENT_TAKES;
	loop_timer(client->deadline, HTTP_ANSWER_MS);
	if (evbuffer_add(client_out(client), buf, len))
		client_free(client);
}

static void client_give(struct client *client, struct evbuffer *page)
{
	char buf[HTTP_HEAD_MAX];
	size_t len = http_head(evbuffer_get_length(page), buf);

	if (too_much_waits(client->http)) {
		client_refuse(client, 503);
		return;
	}
	client->state = CLIENT_TAKES;
	loop_timer(client->deadline, HTTP_ANSWER_MS);
	if (evbuffer_add(client_out(client), buf, len) ||
	    (!client->head &&
	     evbuffer_add_buffer_reference(client_out(client), page)))
		client_free(client);
}

/* Send @page to all clients that wait for it; refuse them if it is NULL. */
static void serve_waiting(struct http *http, struct evbuffer *page)
{
	struct client *client = TAILQ_FIRST(&http->clients);
	struct client *next;

	for (; client; client = next) {
		next = TAILQ_NEXT(client, entry);
		if (client->state != CLIENT_WAITS)
			continue;
		if (page)
			client_give(client, page);
		else
			client_refuse(client, 503);
	}
}

static void page_sent(const void *data, size_t len, void *extra)
{
	(void)len;
	(void)extra;
	free((void *)data);
}

/* The finished page, which takes over the text; NULL: no memory. */
static struct evbuffer *page_new(struct http *http)
{
	struct evbuffer *page = evbuffer_new();

	if (page && evbuffer_add_reference(page, http->text.buf, http->text.len,
					   page_sent, NULL)) {
		evbuffer_free(page);
		page = NULL;
	}
	if (page)
		memset(&http->text, 0, sizeof(http->text));
	return page;
}

static void work_end(struct http *http, bool made)
{
	struct evbuffer *page = made ? page_new(http) : NULL;

	long_answer_free(http->parts);
	http->parts = NULL;
	free(http->text.buf);
	memset(&http->text, 0, sizeof(http->text));
	http->rested = clock_ms(CLOCK_MONOTONIC) + SHARE * http->spent / 1000;
	/* The time limit for reading the page starts now, not earlier. */
	event_base_update_cache_time(http->base);
	serve_waiting(http, page);
	if (page)
		evbuffer_free(page);
}

/*
 * Make one part per turn of the loop, so that other events are handled between
 * two.  CPU time is measured, not real time: on a busy machine a page takes
 * longer, but the next one must not come later.
 */
static void work_on(evutil_socket_t fd, short what, void *data)
{
	struct http *http = data;
	int64_t start = clock_us(CLOCK_THREAD_CPUTIME_ID);
	int ret;

	(void)fd;
	(void)what;
	loop_does("the metrics page");
	if (!http->parts) {
		http->spent = 0;
		http->parts = http->fn(http->data);
	}
	ret = http->parts ? loop_run(&http->parts->task, &http->text, NULL) :
			    -ENOMEM;
	http->spent += clock_us(CLOCK_THREAD_CPUTIME_ID) - start;
	if (ret == 1 && !loop_timer(http->work, 0))
		return;
	work_end(http, ret == 0);
}

static void client_wants_page(struct client *client)
{
	struct http *http = client->http;
	int64_t rest = http->rested - clock_ms(CLOCK_MONOTONIC);

	client->state = CLIENT_WAITS;
	event_del(client->deadline);
	if (http->parts || event_pending(http->work, EV_TIMEOUT, NULL))
		return;
	if (loop_timer(http->work, rest > 0 ? rest : 0))
		work_end(http, false);
}

static void client_asks(struct client *client)
{
	struct evbuffer *in = bufferevent_get_input(client->bev);
	struct http_request request;
	size_t len = evbuffer_get_length(in);
	const char *data;

	if (len > HTTP_REQUEST_MAX)
		len = HTTP_REQUEST_MAX;
	data = (const char *)evbuffer_pullup(in, (ev_ssize_t)len);
	if (!data) {
		client_free(client);
		return;
	}
	request = http_request_parse(data, len);
	client->head = request.head;
	if (request.asked == HTTP_REFUSED)
		client_refuse(client, request.status);
	else if (request.asked == HTTP_WANTED)
		client_wants_page(client);
}

/* Input after the request is ignored, but must be read to empty the socket. */
static void client_read(struct bufferevent *bev, void *data)
{
	struct client *client = data;

	loop_does("a client of the metrics");
	if (client->state == CLIENT_ASKS)
		client_asks(client);
	else
		evbuffer_drain(bufferevent_get_input(bev), HTTP_REQUEST_MAX);
}

/*
 * The answer is written to the socket.  Do not close yet: if the socket has
 * unread input, the kernel sends a reset and the client loses the answer.
 */
static void client_written(struct bufferevent *bev, void *data)
{
	struct client *client = data;

	if (client->state != CLIENT_TAKES)
		return;
	if (client->ended) {
		client_free(client);
		return;
	}
	client->state = CLIENT_LEAVES;
	loop_timer(client->deadline, LINGER_MS);
	shutdown(bufferevent_getfd(bev), SHUT_WR);
	evbuffer_drain(bufferevent_get_input(bev), HTTP_REQUEST_MAX);
}

/* A client may close its sending side after the request and still read. */
static void client_event(struct bufferevent *bev, short what, void *data)
{
	struct client *client = data;

	(void)bev;
	client->ended = true;
	if (what != (BEV_EVENT_EOF | BEV_EVENT_READING) ||
	    client->state == CLIENT_ASKS || client->state == CLIENT_LEAVES)
		client_free(client);
}

static void client_late(evutil_socket_t fd, short what, void *data)
{
	struct client *client = data;

	(void)fd;
	(void)what;
	if (client->state == CLIENT_ASKS)
		client_refuse(client, 408);
	else
		client_free(client);
}

static void client_new(struct http *http, int fd)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client) {
		close(fd);
		return;
	}
	client->http = http;
	TAILQ_INSERT_TAIL(&http->clients, client, entry);
	http->n_clients++;
	client->bev = bufferevent_socket_new(http->base, fd,
					     BEV_OPT_CLOSE_ON_FREE);
	if (client->bev)
		client->deadline = evtimer_new(http->base, client_late, client);
	else
		close(fd);
	if (!client->deadline) {
		client_free(client);
		return;
	}
	bufferevent_setcb(client->bev, client_read, client_written,
			  client_event, client);
	bufferevent_setwatermark(client->bev, EV_READ, 0, HTTP_REQUEST_MAX);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
	loop_timer(client->deadline, HTTP_REQUEST_MS);
}

/* A client that stays long must not keep out new ones: drop the oldest. */
static void http_accept(struct evconnlistener *listener, evutil_socket_t fd,
			struct sockaddr *addr, int len, void *data)
{
	struct http *http = data;

	(void)listener;
	(void)addr;
	(void)len;
	if (http->n_clients >= HTTP_CLIENTS_MAX)
		client_free(TAILQ_FIRST(&http->clients));
	client_new(http, fd);
}

/*
 * accept() failed, for example for lack of file descriptors.  The connection
 * stays in the queue, so pause instead of failing in a busy loop.
 */
static void http_accept_error(struct evconnlistener *listener, void *data)
{
	struct http *http = data;

	evconnlistener_disable(listener);
	loop_timer(http->accept_again, ACCEPT_PAUSE_MS);
}

static void http_accept_again(evutil_socket_t fd, short what, void *data)
{
	struct http *http = data;

	(void)fd;
	(void)what;
	evconnlistener_enable(http->listener);
}

/* libevent also takes scopes, addresses without a port, and text after one. */
int http_addr_parse(const char *text, struct http_addr *addr)
{
	const struct sockaddr_in *in = (struct sockaddr_in *)&addr->sa;
	const char *colon = strrchr(text, ':');
	int len = sizeof(addr->sa);
	unsigned int port;

	memset(addr, 0, sizeof(*addr));
	if (!colon || strchr(text, '%') ||
	    uint_parse(colon + 1, "metrics", 1, 65535, &port, NULL) ||
	    evutil_parse_sockaddr_port(text, (struct sockaddr *)&addr->sa,
				       &len) ||
	    ntohs(in->sin_port) != port)
		return -EINVAL;
	addr->len = (socklen_t)len;
	return 0;
}

/*
 * SO_REUSEADDR: connections of the previous dnatd may still be in TIME_WAIT.
 * FREEBIND: at boot the address may be set after dnatd starts.
 */
static bool http_bind(int fd, const struct http_addr *addr)
{
	bool v6 = addr->sa.ss_family == AF_INET6;
	int yes = 1;

	return !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) &&
	       !setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
			   v6 ? IPV6_FREEBIND : IP_FREEBIND, &yes, sizeof(yes)) &&
	       !bind(fd, (const struct sockaddr *)&addr->sa, addr->len) &&
	       !listen(fd, HTTP_CLIENTS_MAX);
}

/* Return: 0 or a positive errno */
static int http_listen(struct http *http)
{
	int fd = socket(http->addr.sa.ss_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int fault;

	if (fd < 0)
		return errno;
	if (!http_bind(fd, &http->addr)) {
		fault = errno;
		close(fd);
		return fault;
	}
	http->listener = evconnlistener_new(http->base, http_accept, http,
					    LEV_OPT_CLOSE_ON_FREE |
					    LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (!http->listener) {
		close(fd);
		return ENOMEM;
	}
	evconnlistener_set_error_cb(http->listener, http_accept_error);
	return 0;
}

static void http_try(struct http *http)
{
	http->fault = http_listen(http);
	if (http->fault)
		loop_timer(http->listen_again, HTTP_RETRY_MS);
}

static void http_listen_again(evutil_socket_t fd, short what, void *data)
{
	struct http *http = data;

	(void)fd;
	(void)what;
	http_try(http);
	if (!http->fault)
		say("metrics are answered now");
}

const char *http_fault(const struct http *http)
{
	return http->fault ? strerror(http->fault) : NULL;
}

struct http *http_new(struct event_base *base, const struct http_addr *addr,
		      http_fn *fn, void *data, struct err *err)
{
	struct http *http = calloc(1, sizeof(*http));

	if (!http) {
		err_no_memory(err);
		return NULL;
	}
	http->base = base;
	http->addr = *addr;
	http->fn = fn;
	http->data = data;
	TAILQ_INIT(&http->clients);
	http->work = evtimer_new(base, work_on, http);
	http->accept_again = evtimer_new(base, http_accept_again, http);
	http->listen_again = evtimer_new(base, http_listen_again, http);
	if (!http->work || !http->accept_again || !http->listen_again) {
		err_no_memory(err);
		http_free(http);
		return NULL;
	}
	http_try(http);
	return http;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	while (!TAILQ_EMPTY(&http->clients))
		client_free(TAILQ_FIRST(&http->clients));
	if (http->listener)
		evconnlistener_free(http->listener);
	if (http->accept_again)
		event_free(http->accept_again);
	if (http->listen_again)
		event_free(http->listen_again);
	if (http->work)
		event_free(http->work);
	long_answer_free(http->parts);
	free(http->text.buf);
	free(http);
}
