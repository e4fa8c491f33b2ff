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
/* In one service's map: the sum of its weights divided by their GCD. */
#define SLOTS_MAX 16384

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
 * @addr: result; the bytes after an IPv4 address are zero
 * @err: set on failure
 *
 * IPv4-mapped and link-local IPv6, multicast, unspecified (0.0.0.0/8) and
 * broadcast addresses are refused.
 *
 * Return: 0 or -EINVAL
 */
int addr_parse(const char *text, const char *arg, struct addr *addr,
	       struct err *err);

/* Text without brackets; INET6_ADDRSTRLEN bytes are enough.  Return: @buf */
const char *addr_text(const struct addr *addr, char *buf, size_t len);

/* Compare as memcmp() does; IPv4 comes before IPv6. */
int addr_compare(const struct addr *a, const struct addr *b);
bool addr_equal(const struct addr *a, const struct addr *b);

/* 127.0.0.0/8 or ::1 */
bool addr_is_loopback(const struct addr *addr);

/* Bytes of an address of @family: 4 or 16. */
size_t addr_len(uint8_t family);

/**
 * uint_parse - read a decimal number between @min and @max
 *
 * Only digits are valid: no sign, blank, hex or trailing text.
 *
 * Return: 0 or -EINVAL with @err set
 */
int uint_parse(const char *text, const char *arg, unsigned int min,
	       unsigned int max, unsigned int *value, struct err *err);

/**
 * range_parse - read a range of ports, such as "1024-65535"
 * @min: result, host byte order
 * @max: result, host byte order, @min or more
 *
 * Return: 0 or -EINVAL
 */
int range_parse(const char *text, const char *arg, uint16_t *min,
		uint16_t *max, struct err *err);

/* Convert "tcp" and "udp" to and from IPPROTO_TCP and IPPROTO_UDP. */
int proto_parse(const char *text, const char *arg, uint8_t *proto,
		struct err *err);
const char *proto_text(uint8_t proto);

/**
 * name_check - check the name of a service
 *
 * Letters, digits, '.', '_' and '-' are valid, with a letter or digit first,
 * and at most SERVICE_NAME_LEN bytes: the name becomes a part of an nft chain's
 * name.  "help" is refused because dnatctl has a command of that name.
 *
 * Return: 0 or -EINVAL
 */
int name_check(const char *name, const char *arg, struct err *err);

/*
 * Copy @text to @buf for a message.  Bytes that are not printable ASCII become
 * \xNN.  A text that is too long is cut and ends in "...".  Return: @buf
 */
const char *text_quote(const char *text, char *buf, size_t len);

#endif
