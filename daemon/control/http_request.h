/* SPDX-License-Identifier: GPL-2.0-only */
/* Parse requests for the one page that http.h serves; make answers' heads. */
#ifndef DNAT_HTTP_REQUEST_H
#define DNAT_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_REQUEST_MAX 8192	/* bytes, with the blank line at the end */
#define HTTP_HEAD_MAX 512	/* bytes of an answer's head */
#define HTTP_PAGE "/metrics"

enum http_asked {
	HTTP_INCOMPLETE,	/* more input is needed */
	HTTP_WANTED,		/* asks for the page */
	HTTP_REFUSED,
};

struct http_request {
	enum http_asked asked;
	bool head;		/* HEAD: send only the answer's head */
	unsigned int status;	/* with HTTP_REFUSED: the code, such as 404 */
};

/**
 * http_request_parse - parse a client's request
 * @data: the input until now: part of a request, or more than it
 * @len: bytes in @data
 *
 * The query after the path and all headers are ignored.
 */
struct http_request http_request_parse(const char *data, size_t len);

/**
 * http_refusal - make a complete answer with an error
 * @status: 4xx or 5xx
 * @head: leave out the body; Content-Length stays
 * @buf: result, HTTP_HEAD_MAX bytes
 *
 * Return: its length in bytes
 */
size_t http_refusal(unsigned int status, bool head, char *buf);

/**
 * http_head - make the head of the answer with the page
 * @bytes: length of the page
 * @buf: result, HTTP_HEAD_MAX bytes
 *
 * Return: its length in bytes
 */
size_t http_head(size_t bytes, char *buf);

#endif
