/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses, ports, protocols and names as an admin types them. */
#ifndef DNAT_ADDR_H
#define DNAT_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define SERVICE_NAME_LEN 63	/* bytes, without the final NUL */
#define WEIGHT_MAX 256
#define BACKENDS_MAX 1024	/* in one service */
#define SLOTS_MAX 16384		/* in one service's map: its weights, without a common factor, added up */

struct addr {
	uint8_t family;		/* AF_INET or AF_INET6 */
	union {
		struct in_addr v4;	/* network byte order */
		struct in6_addr v6;
		uint8_t bytes[16];
	};
};

/**
 * addr_parse - read an IPv4 or IPv6 address
 * @text: numeric address, no name, no prefix length, no zone, no brackets
 * @arg: name of the argument, for the error
 * @addr: result; bytes past an IPv4 address are zero, so memcmp() compares
 * @err: the sentence on failure
 *
 * IPv4-mapped and link-local IPv6, multicast, unspecified (0.0.0.0/8) and
 * broadcast addresses are refused.
 *
 * Return: 0 or -EINVAL
 */
int addr_parse(const char *text, const char *arg, struct addr *addr,
	       struct err *err);

/* Text form without brackets; INET6_ADDRSTRLEN bytes are enough. */
const char *addr_text(const struct addr *addr, char *buf, size_t len);

/* An order, for qsort() and bsearch(). */
int addr_compare(const struct addr *a, const struct addr *b);
bool addr_equal(const struct addr *a, const struct addr *b);

/* 127.0.0.0/8 or ::1 */
bool addr_is_loopback(const struct addr *addr);

/* Bytes of an address of @family: 4 or 16. */
size_t addr_len(uint8_t family);

/**
 * uint_parse - read a decimal number between @min and @max
 *
 * Nothing but digits is taken: no sign, blank, hex or trailing text.
 *
 * Return: 0 or -EINVAL
 */
int uint_parse(const char *text, const char *arg, unsigned int min,
	       unsigned int max, unsigned int *value, struct err *err);

/**
 * range_parse - read a range of ports, "1024-65535"
 * @min: result
 * @max: result, not below @min
 *
 * Return: 0 or -EINVAL
 */
int range_parse(const char *text, const char *arg, uint16_t *min,
		uint16_t *max, struct err *err);

/* "tcp" and "udp", to and from IPPROTO_TCP and IPPROTO_UDP. */
int proto_parse(const char *text, const char *arg, uint8_t *proto,
		struct err *err);
const char *proto_text(uint8_t proto);

/**
 * name_check - may @name be a service's name?
 *
 * Letters, digits, '.', '_' and '-', a letter or digit first, at most
 * SERVICE_NAME_LEN bytes: it becomes part of an nft chain's name.  Not "help",
 * which dnatctl takes for a question.
 *
 * Return: 0 or -EINVAL
 */
int name_check(const char *name, const char *arg, struct err *err);

/*
 * Printable copy of @text for messages: bytes that are not printable ASCII as
 * \xNN, cut with "...".
 */
const char *text_quote(const char *text, char *buf, size_t len);

#endif
