// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/addr.h"

#define QUOTED_LEN 80

/* Why an address with a valid syntax is refused; NULL: it is not. */
static const char *addr_unfit(const struct addr *addr)
{
	uint32_t v4;

	if (addr->family == AF_INET6) {
		if (IN6_IS_ADDR_UNSPECIFIED(&addr->v6))
			return "the unspecified address";
		if (IN6_IS_ADDR_MULTICAST(&addr->v6))
			return "a multicast address";
		if (IN6_IS_ADDR_V4MAPPED(&addr->v6))
			return "an IPv4 address in IPv6 form, write it as IPv4";
		if (IN6_IS_ADDR_LINKLOCAL(&addr->v6))
			return "a link-local address, which is not routed";
		return NULL;
	}

	v4 = ntohl(addr->v4.s_addr);
	if (v4 >> 24 == 0)
		return "an unspecified address";
	if (IN_MULTICAST(v4))
		return "a multicast address";
	if (v4 == INADDR_BROADCAST)
		return "the broadcast address";
	return NULL;
}

int addr_parse(const char *text, const char *arg, struct addr *addr,
	       struct err *err)
{
	char quoted[QUOTED_LEN];
	const char *unfit;

	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, text, &addr->v4) == 1)
		addr->family = AF_INET;
	else if (inet_pton(AF_INET6, text, &addr->v6) == 1)
		addr->family = AF_INET6;
	else
		return err_set(err, -EINVAL, arg,
			       "%s \"%s\" is not an IPv4 or IPv6 address; give it in numbers, without brackets, port or prefix length",
			       arg, text_quote(text, quoted, sizeof(quoted)));

	unfit = addr_unfit(addr);
	if (unfit)
		return err_set(err, -EINVAL, arg,
			       "%s %s is %s; give a unicast address",
			       arg, text, unfit);
	return 0;
}

const char *addr_text(const struct addr *addr, char *buf, size_t len)
{
	if (!inet_ntop(addr->family, addr->bytes, buf, len))
		snprintf(buf, len, "?");
	return buf;
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, addr_len(a->family));
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return !addr_compare(a, b);
}

bool addr_is_loopback(const struct addr *addr)
{
	if (addr->family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&addr->v6);
	return ntohl(addr->v4.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}

size_t addr_len(uint8_t family)
{
	return family == AF_INET ? sizeof(struct in_addr) :
				   sizeof(struct in6_addr);
}

int uint_parse(const char *text, const char *arg, unsigned int min,
	       unsigned int max, unsigned int *value, struct err *err)
{
	unsigned long long n = 0;
	char quoted[QUOTED_LEN];
	const char *p;

	for (p = text; isdigit((unsigned char)*p) && n <= max; p++)
		n = n * 10 + (unsigned int)(*p - '0');

	if (p == text || *p || n < min || n > max)
		return err_set(err, -EINVAL, arg,
			       "%s \"%s\" is not a number from %u to %u", arg,
			       text_quote(text, quoted, sizeof(quoted)), min,
			       max);
	*value = (unsigned int)n;
	return 0;
}

int proto_parse(const char *text, const char *arg, uint8_t *proto,
		struct err *err)
{
	char quoted[QUOTED_LEN];

	if (!strcmp(text, "tcp"))
		*proto = IPPROTO_TCP;
	else if (!strcmp(text, "udp"))
		*proto = IPPROTO_UDP;
	else
		return err_set(err, -EINVAL, arg,
			       "%s \"%s\" is not a protocol; use tcp or udp",
			       arg, text_quote(text, quoted, sizeof(quoted)));
	return 0;
}

const char *proto_text(uint8_t proto)
{
	return proto == IPPROTO_UDP ? "udp" : "tcp";
}

int range_parse(const char *text, const char *arg, uint16_t *min,
		uint16_t *max, struct err *err)
{
	const char *dash = strchr(text, '-');
	size_t len = dash ? (size_t)(dash - text) : 0;
	unsigned int low = 0, high = 0;
	char quoted[QUOTED_LEN];
	char first[8];

	if (len && len < sizeof(first)) {
		memcpy(first, text, len);
		first[len] = '\0';
		if (!uint_parse(first, arg, 1, 65535, &low, NULL) &&
		    !uint_parse(dash + 1, arg, 1, 65535, &high, NULL) &&
		    low <= high) {
			*min = (uint16_t)low;
			*max = (uint16_t)high;
			return 0;
		}
	}
	return err_set(err, -EINVAL, arg,
		       "%s \"%s\" is not a range of ports; use MIN-MAX, from 1 to 65535",
		       arg, text_quote(text, quoted, sizeof(quoted)));
}

int name_check(const char *name, const char *arg, struct err *err)
{
	char quoted[QUOTED_LEN];
	size_t len = strlen(name);
	size_t i;

	if (len > SERVICE_NAME_LEN)
		return err_set(err, -EINVAL, arg,
			       "%s \"%s\" has %zu bytes; use %d at most", arg,
			       text_quote(name, quoted, 32), len,
			       SERVICE_NAME_LEN);

	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) &&
		    (!i || !strchr("._-", name[i])))
			break;
	if (!len || i < len)
		return err_set(err, -EINVAL, arg,
			       "%s \"%s\" is not a service name; use letters, digits, '.', '_' and '-', a letter or digit first",
			       arg, text_quote(name, quoted, sizeof(quoted)));
	if (!strcmp(name, "help"))
		return err_set(err, -EINVAL, arg,
			       "%s \"help\" is a word of dnatctl; use another name",
			       arg);
	return 0;
}

const char *text_quote(const char *text, char *buf, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	static const char cut[] = "...";
	size_t used = 0;
	size_t mark = 0;	/* where to cut: "..." still fits there */

	if (!len)
		return buf;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool plain = c >= 0x20 && c < 0x7f;

		if (used + sizeof(cut) <= len)
			mark = used;
		if (used + (plain ? 1 : 4) >= len) {
			used = mark;
			if (len >= sizeof(cut)) {
				memcpy(buf + used, cut, sizeof(cut) - 1);
				used += sizeof(cut) - 1;
			}
			break;
		}
		if (plain) {
			buf[used++] = (char)c;
		} else {
			buf[used++] = '\\';
			buf[used++] = 'x';
			buf[used++] = hex[c >> 4];
			buf[used++] = hex[c & 15];
		}
	}
	buf[used] = '\0';
	return buf;
}
