/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a backend answers to a check, which may be anything.  No I/O here.
 */
#ifndef DNAT_REPLY_H
#define DNAT_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check.h"

#define REPLY_HTTP_MAX 65536	/* bytes of an answer that are looked at */
#define REPLY_DNS_MAX 1232	/* bytes of a datagram, as resolvers agree on */

enum verdict {
	REPLY_MORE,		/* too early to say */
	REPLY_GOOD,
	REPLY_BAD,
};

struct reply_body;

/* A regular expression that check_set() has accepted; NULL where memory is short. */
struct reply_body *reply_body_new(const char *pattern);
void reply_body_free(struct reply_body *body);

/**
 * reply_http - judge an answer, or its beginning (RFC 9112)
 * @check: what is expected
 * @body: of the body; NULL: nothing
 * @text: all bytes so far
 * @len: how many
 * @end: no more will come, or be looked at
 * @fault: FAULT_LEN bytes, what is wrong where it is bad
 *
 * An expression is matched with limits, so that neither a strange one nor a
 * strange body takes long.
 */
enum verdict reply_http(const struct check *check,
			const struct reply_body *body, const char *text,
			size_t len, bool end, char *fault);

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
 * reply_dns - judge an answer to a query
 *
 * One that is no answer to it is as good as none: anybody may send it.
 */
enum verdict reply_dns(const uint8_t *query, size_t query_len,
		       const uint8_t *reply, size_t len, char *fault);

#endif
