/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a backend answers to a check, which may be anything.  No I/O here.
 */
#ifndef DNAT_RESPONSE_H
#define DNAT_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/check.h"

#define REPLY_HTTP_MAX 65536	/* bytes of an answer that are looked at */
#define REPLY_DNS_MAX 1232	/* bytes of a datagram, as resolvers agree on */

enum verdict {
	REPLY_MORE,		/* too early to say */
	REPLY_GOOD,
	REPLY_BAD,
};

struct response_body;

/* A regular expression that check_set() has accepted; NULL where memory is short. */
struct response_body *response_body_new(const char *pattern);
void response_body_free(struct response_body *body);

/* How far an answer has been read; begins with all but the first two zero. */
struct response_http {
	const struct check *check;	/* what is expected */
	const struct response_body *body;	/* of the body; NULL: nothing */
	enum {
		HTTP_STATUS,
		HTTP_INTERIM,	/* the header of a status 1xx */
		HTTP_HEADER,
		HTTP_LENGTH,	/* a body with a Content-Length */
		HTTP_CLOSE,	/* one that ends with the connection */
		HTTP_CHUNK,	/* the line before a chunk */
		HTTP_DATA,	/* a chunk */
		HTTP_DATA_END,	/* the line end after a chunk */
		HTTP_WHOLE,	/* all of the body is there */
		HTTP_JUDGED,	/* the status says it all */
	} state;
	unsigned int status;
	bool counted;		/* there is a Content-Length, see @left */
	bool coded;		/* there is a Transfer-Encoding */
	bool chunked;
	unsigned int early;	/* matches tried before the end */
	size_t at;		/* bytes that have been read */
	size_t start;		/* of the body, 0: not reached */
	size_t len;		/* of the body, as far as it is there */
	size_t left;		/* bytes until the body or the chunk ends */
};

/**
 * response_http - judge an answer as it comes (RFC 9112)
 * @http: of this answer
 * @text: all bytes so far, at any address; chunks are put together in it
 * @size: how many, REPLY_HTTP_MAX at most
 * @end: the connection has ended
 * @fault: FAULT_LEN bytes, what is wrong where it is bad
 *
 * A body that reaches REPLY_HTTP_MAX is matched as far as it is there.  An
 * expression is matched with limits, so that neither a strange one nor a
 * strange body takes long.
 */
enum verdict response_http(struct response_http *http, char *text, size_t size,
			   bool end, char *fault);

/**
 * dns_query - ask for a name's addresses (RFC 1035)
 * @name: as check_set() has accepted it
 * @id: of the question
 * @ipv6: for AAAA and not for A
 * @query: result, REPLY_DNS_MAX bytes
 *
 * Return: its length
 */
size_t dns_query(const char *name, uint16_t id, bool ipv6, uint8_t *query);

/**
 * response_dns - judge an answer to a query
 *
 * One that is no answer to it is as good as none: anybody may send it.
 */
enum verdict response_dns(const uint8_t *query, size_t query_len,
			  const uint8_t *reply, size_t len, char *fault);

#endif
