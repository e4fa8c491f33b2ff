// SPDX-License-Identifier: GPL-2.0-only
#define PCRE2_CODE_UNIT_WIDTH 8

#include <ctype.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"
#include "reply.h"

/* Some milliseconds, and some memory. */
#define MATCH_LIMIT 100000
#define DEPTH_LIMIT 1000
#define HEAP_LIMIT 1024		/* KiB */

#define DNS_HEADER_LEN 12
#define DNS_QR 0x80		/* of byte 2: it is an answer */
#define DNS_RD 0x01		/* of byte 2: ask others if need be */
#define DNS_RCODE 0x0f		/* of byte 3 */
#define DNS_TYPE_A 1
#define DNS_TYPE_AAAA 28
#define DNS_CLASS_IN 1

struct reply_body {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

struct reply_body *reply_body_new(const char *pattern)
{
	struct reply_body *body = calloc(1, sizeof(*body));
	PCRE2_SIZE offset;
	int error;

	if (!body)
		return NULL;
	body->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
				   0, &error, &offset, NULL);
	if (body->code)
		body->data = pcre2_match_data_create(1, NULL);
	body->limits = pcre2_match_context_create(NULL);
	if (!body->data || !body->limits) {
		reply_body_free(body);
		return NULL;
	}
	pcre2_set_match_limit(body->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(body->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(body->limits, HEAP_LIMIT);
	return body;
}

void reply_body_free(struct reply_body *body)
{
	if (!body)
		return;
	pcre2_match_context_free(body->limits);
	pcre2_match_data_free(body->data);
	pcre2_code_free(body->code);
	free(body);
}

static enum verdict bad(char *fault, const char *why)
{
	snprintf(fault, FAULT_LEN, "%s", why);
	return REPLY_BAD;
}

/* Where the body begins, or NULL. */
static const char *http_body(const char *text, size_t len)
{
	const char *end = text + len;
	const char *p = text;

	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		p++;
		if (end - p >= 1 && p[0] == '\n')
			return p + 1;
		if (end - p >= 2 && p[0] == '\r' && p[1] == '\n')
			return p + 2;
	}
	return NULL;
}

static enum verdict match(const struct reply_body *body, const char *text,
			  size_t len, char *fault)
{
	int ret = pcre2_match(body->code, (PCRE2_SPTR)text, len, 0, 0,
			      body->data, body->limits);

	if (ret >= 0)
		return REPLY_GOOD;
	return bad(fault, ret == PCRE2_ERROR_NOMATCH ?
				  "the body does not match http-body" :
				  "the body takes too long to match with http-body");
}

enum verdict reply_http(const struct check *check,
			const struct reply_body *body, const char *text,
			size_t len, bool end, char *fault)
{
	static const char version[] = "HTTP/1.";
	const size_t at = sizeof(version) - 1;
	const char *start;
	unsigned int status = 0;

	if (memcmp(text, version, len < at ? len : at))
		return bad(fault, "the answer is not HTTP/1");
	/* "HTTP/1.1 200" and what ends the number. */
	if (len < at + 6)
		return end ? bad(fault, "the answer is cut off") : REPLY_MORE;
	if (!isdigit((unsigned char)text[at]) || text[at + 1] != ' ' ||
	    isdigit((unsigned char)text[at + 5]))
		return bad(fault, "the answer is not HTTP/1");
	for (size_t i = at + 2; i < at + 5; i++) {
		if (!isdigit((unsigned char)text[i]))
			return bad(fault, "the answer is not HTTP/1");
		status = status * 10 + (unsigned int)(text[i] - '0');
	}
	if (status < check->status_min || status > check->status_max) {
		snprintf(fault, FAULT_LEN, "status %u", status);
		return REPLY_BAD;
	}
	if (!body)
		return REPLY_GOOD;
	if (!end)
		return REPLY_MORE;
	start = http_body(text, len);
	if (!start)
		return bad(fault, "the answer is cut off");
	return match(body, start, (size_t)(text + len - start), fault);
}

static void put16(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

size_t dns_query(const char *name, uint16_t id, bool ipv6, uint8_t *query)
{
	uint8_t *p = query + DNS_HEADER_LEN;

	memset(query, 0, DNS_HEADER_LEN);
	put16(query, id);
	query[2] = DNS_RD;
	put16(query + 4, 1);
	while (*name && *name != '.') {
		size_t len = strcspn(name, ".");

		*p++ = (uint8_t)len;
		memcpy(p, name, len);
		p += len;
		name += len;
		if (*name)
			name++;
	}
	*p++ = 0;
	put16(p, ipv6 ? DNS_TYPE_AAAA : DNS_TYPE_A);
	put16(p + 2, DNS_CLASS_IN);
	return (size_t)(p + 4 - query);
}

/* A server may give the name back in letters of the other case. */
static bool same_question(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = DNS_HEADER_LEN; i < len; i++)
		if (tolower(a[i]) != tolower(b[i]))
			return false;
	return true;
}

enum verdict reply_dns(const uint8_t *query, size_t query_len,
		       const uint8_t *reply, size_t len, char *fault)
{
	static const char *const rcodes[] = {
		"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",
		"REFUSED",
	};
	unsigned int rcode;

	if (len < DNS_HEADER_LEN || memcmp(query, reply, 2) ||
	    !(reply[2] & DNS_QR))
		return REPLY_MORE;
	rcode = reply[3] & DNS_RCODE;
	/* One that understands nothing need not repeat the question. */
	if (len >= query_len ? !same_question(query, reply, query_len) :
			       !rcode)
		return REPLY_MORE;
	if (!rcode)
		return REPLY_GOOD;
	if (rcode < sizeof(rcodes) / sizeof(rcodes[0]))
		snprintf(fault, FAULT_LEN, "DNS answers %s", rcodes[rcode]);
	else
		snprintf(fault, FAULT_LEN, "DNS answers with code %u", rcode);
	return REPLY_BAD;
}
