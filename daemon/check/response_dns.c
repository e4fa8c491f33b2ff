// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "check/probe.h"
#include "check/response.h"

#define DNS_HEADER_LEN 12
#define DNS_QR 0x80		/* in byte 2: this is an answer */
#define DNS_RD 0x01		/* in byte 2: recursion desired */
#define DNS_RCODE 0x0f		/* in byte 3 */
#define DNS_TYPE_A 1
#define DNS_TYPE_AAAA 28
#define DNS_CLASS_IN 1

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

/* A server may change the case of the name. */
static bool same_question(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = DNS_HEADER_LEN; i < len; i++)
		if (tolower(a[i]) != tolower(b[i]))
			return false;
	return true;
}

enum verdict response_dns(const uint8_t *query, size_t query_len,
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
	/* An error answer may lack the question, a good one may not. */
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
