/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judge a backend's answers to checks.  The answers are not trusted: they may
 * be any bytes.  No I/O here.
 */
#ifndef DNAT_RESPONSE_H
#define DNAT_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/check.h"

#define REPLY_HTTP_MAX 65536	/* bytes; the rest of an answer is ignored */
#define REPLY_DNS_MAX 1232	/* bytes, size recommended by DNS Flag Day */

enum verdict {
	REPLY_MORE,		/* undecided: more bytes are needed */
	REPLY_GOOD,
	REPLY_BAD,
};

struct response_body;

/* Compile an expression that check_set() has accepted.  NULL: no memory */
struct response_body *response_body_new(const char *pattern);
void response_body_free(struct response_body *body);

/* The state of the parser.  Zero it, and set @check and @body. */
struct response_http {
	const struct check *check;	/* has the good statuses */
	const struct response_body *body;	/* NULL: body is ignored */
	enum {
		HTTP_STATUS,
		HTTP_INTERIM,	/* the header of a status 1xx */
		HTTP_HEADER,
		HTTP_LENGTH,	/* a body with a Content-Length */
		HTTP_CLOSE,	/* a body that ends with the connection */
		HTTP_CHUNK,	/* the line before a chunk */
		HTTP_DATA,	/* a chunk */
		HTTP_DATA_END,	/* the line end after a chunk */
		HTTP_WHOLE,	/* the body is complete */
		HTTP_JUDGED,	/* the good status is enough, no @body */
	} state;
	unsigned int status;
	bool counted;		/* has a Content-Length, see @left */
	bool coded;		/* has a Transfer-Encoding */
	bool chunked;		/* its last Transfer-Encoding is chunked */
	unsigned int early;	/* matches tried before the end */
	size_t at;		/* bytes parsed */
	size_t start;		/* offset of the body, 0: not reached */
	size_t len;		/* bytes of the body so far */
	size_t left;		/* bytes to the end of the body or chunk */
};

/**
 * response_http - judge an answer that arrives in parts (RFC 9112)
 * @http: state of the parser for this answer
 * @text: all bytes received so far, possibly moved since the last call; the
 *	chunks of a body are joined in place
 * @size: number of bytes, at most REPLY_HTTP_MAX
 * @end: the connection was closed
 * @fault: result, FAULT_LEN bytes: what is wrong with a bad answer
 *
 * If the answer is longer than REPLY_HTTP_MAX, only that part is matched.
 * Matching has limits, so that no expression and no body takes long.
 */
enum verdict response_http(struct response_http *http, char *text, size_t size,
			   bool end, char *fault);

/**
 * dns_query - make a query for the addresses of a name (RFC 1035)
 * @name: a name that check_set() has accepted
 * @id: ID of the query, host byte order
 * @ipv6: ask for AAAA, otherwise for A
 * @query: result, REPLY_DNS_MAX bytes
 *
 * Return: the length of the query
 */
size_t dns_query(const char *name, uint16_t id, bool ipv6, uint8_t *query);

/**
 * response_dns - judge an answer to a query
 *
 * Anybody can send a datagram, so one that does not match the query is ignored
 * (REPLY_MORE).
 */
enum verdict response_dns(const uint8_t *query, size_t query_len,
			  const uint8_t *reply, size_t len, char *fault);

#endif
