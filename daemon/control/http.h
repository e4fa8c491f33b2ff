/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An HTTP server for one page: GET or HEAD of HTTP_PAGE, one request per
 * connection.
 *
 * Any host may connect, so all resources are bounded.  There are at most
 * HTTP_CLIENTS_MAX clients; one more disconnects the oldest.  A request may
 * have HTTP_REQUEST_MAX bytes and take HTTP_REQUEST_MS; the client has
 * HTTP_ANSWER_MS to read the answer.  The page is made in parts, so that the
 * event loop does not block.  All clients that wait share one page.  After a
 * page dnatd rests for ten times the CPU time that it took, so pages use a
 * tenth of a CPU at most.
 */
#ifndef DNAT_HTTP_H
#define DNAT_HTTP_H

#include <event2/event.h>
#include <sys/socket.h>

#include "base/long_answer.h"
#include "common/err.h"

#define HTTP_CLIENTS_MAX 32
#ifndef HTTP_REQUEST_MS
#define HTTP_REQUEST_MS 10000
#endif
#ifndef HTTP_ANSWER_MS
#define HTTP_ANSWER_MS 30000
#endif

#ifndef HTTP_RETRY_MS
#define HTTP_RETRY_MS 1000
#endif

struct http;

/* The address to listen on. */
struct http_addr {
	struct sockaddr_storage sa;
	socklen_t len;
};

/**
 * http_addr_parse - read "192.0.2.1:9527" or "[2001:db8::1]:9527"
 *
 * Return: 0 or -EINVAL
 */
int http_addr_parse(const char *text, struct http_addr *addr);

/**
 * typedef http_fn - begin to make the page
 * @data: as given to http_new()
 *
 * Return: an answer in parts, whose rows are the text of the page instead of
 *	JSON; NULL when out of memory
 */
typedef struct long_answer *http_fn(void *data);

/**
 * http_new - listen
 * @base: event loop that serves the clients
 *
 * The address may be missing: the server works as soon as an interface has it.
 * If it cannot listen, for example because the port is in use, it tries again
 * every HTTP_RETRY_MS; http_fault() returns the reason.
 *
 * Return: freed with http_free(); NULL with @err set when out of memory
 */
struct http *http_new(struct event_base *base, const struct http_addr *addr,
		      http_fn *fn, void *data, struct err *err);

/* The reason why the server does not listen; NULL if it does. */
const char *http_fault(const struct http *http);

/* Disconnect all clients and free @http, which may be NULL. */
void http_free(struct http *http);

#endif
