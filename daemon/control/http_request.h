/* SPDX-License-Identifier: GPL-2.0-only */
/* A request for the one page that http.h serves, and heads of answers. */
#ifndef DNAT_HTTP_REQUEST_H
#define DNAT_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_REQUEST_MAX 8192	/* bytes, to the blank line that ends it */
#define HTTP_HEAD_MAX 512	/* of an answer */
#define HTTP_PAGE "/metrics"

enum http_asked {
	HTTP_INCOMPLETE,	/* there is more to come */
	HTTP_WANTED,		/* the page */
	HTTP_REFUSED,
};

struct http_request {
	enum http_asked asked;
	bool head;		/* HEAD: no more than the answer's head */
	unsigned int status;	/* with HTTP_REFUSED: such as 404 */
};

/**
 * http_request_parse - what does a client want?
 * @data: what has come of its request, and maybe more
 * @len: bytes of it
 *
 * A query behind the path is passed over, and so are all headers.
 */
struct http_request http_request_parse(const char *data, size_t len);

/**
 * http_refusal - the whole of an answer that is not the page
 * @status: 4xx or 5xx
 * @head: without the sentence, but with its length
 * @buf: HTTP_HEAD_MAX bytes
 *
 * Return: its length
 */
size_t http_refusal(unsigned int status, bool head, char *buf);

/**
 * http_head - the head of the answer that brings the page
 * @bytes: of the page
 * @buf: HTTP_HEAD_MAX bytes
 *
 * Return: its length
 */
size_t http_head(size_t bytes, char *buf);

#endif
