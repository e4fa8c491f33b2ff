/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page for whoever asks by HTTP: GET or HEAD of HTTP_PAGE, one request a
 * connection.
 *
 * Strangers may ask, so that all is bounded: HTTP_CLIENTS_MAX clients, of whom
 * the oldest is cut off when one more comes; HTTP_REQUEST_MAX bytes and
 * HTTP_REQUEST_MS for a request, HTTP_ANSWER_MS to take the answer.  The page is
 * made in parts, so that it holds nobody up, once for all who wait for it, and
 * not more often than costs a tenth of a CPU's time.
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

/* Where to listen. */
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
 * typedef http_fn - begin the page
 * @data: as given to http_new()
 *
 * Return: what makes it (its rows are not of JSON but the page's text), NULL
 *	where memory is short
 */
typedef struct long_answer *http_fn(void *data);

/**
 * http_new - listen
 * @base: event loop that serves the clients
 *
 * An address that no interface has is answered when one has it.  Where the port
 * is taken, it is asked for again every HTTP_RETRY_MS: see http_fault().
 *
 * Return: NULL with @err set, where memory is short
 */
struct http *http_new(struct event_base *base, const struct http_addr *addr,
		      http_fn *fn, void *data, struct err *err);

/* Why nobody can ask for now; NULL where they can. */
const char *http_fault(const struct http *http);

/* Cut all clients off; NULL is fine. */
void http_free(struct http *http);

#endif
