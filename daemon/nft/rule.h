/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of the table, as libnftnl objects, register for register what nft
 * makes of the same rule's text, so that nft prints them back as such.
 */
#ifndef DNAT_RULE_H
#define DNAT_RULE_H

/* glibc's addresses have to come before the kernel's. */
#include <netinet/in.h>

#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <linux/double_nat.h>
#include <linux/netfilter.h>
#include <stdint.h>

#include "model/types.h"
#include "model/slots.h"

#define MAP_SERVICES4	"services4"
#define MAP_SERVICES6	"services6"
#define SET_SOURCES4	"sources4"
#define SET_SOURCES6	"sources6"
#define SET_VIPS4	"vips4"
#define SET_VIPS6	"vips6"
#define FLOWTABLE	"flows"
#define HELPER_TCP	DNAT_HELPER_NAME "-tcp"
#define HELPER_UDP	DNAT_HELPER_NAME "-udp"
#define HELPER_TCP_SLOW	DNAT_HELPER_NAME "-tcp-slow"
#define HELPER_UDP_SLOW	DNAT_HELPER_NAME "-udp-slow"

/* nft's own numbers for its data types; a concatenation has 6 bits for each. */
enum {
	TYPE_INTEGER = 4,
	TYPE_IPADDR = 7,
	TYPE_IP6ADDR = 8,
	TYPE_INET_PROTOCOL = 12,
	TYPE_INET_SERVICE = 13,
};

#define TYPE_CONCAT2(a, b) ((a) << 6 | (b))
#define TYPE_CONCAT3(a, b, c) (TYPE_CONCAT2(a, b) << 6 | (c))

/* Byte orders as nft keeps them in a set's user data. */
enum {
	ORDER_NONE,
	ORDER_HOST,
	ORDER_NETWORK,
};

/* A rule and the anonymous set it looks things up in, NULL for none. */
struct rule {
	struct nftnl_rule *rule;
	struct nftnl_set *set;
};

void rule_free(struct rule *rule);

/**
 * rule_service - count a new connection and send it to a backend, or refuse it
 * @chain: the service's chain
 * @set_id: number of the anonymous map in its batch, host byte order
 *
 * Return: 0 or -ENOMEM
 */
int rule_service(struct rule *rule, const char *chain,
		 const struct service *service, enum allocator allocator,
		 uint32_t set_id);

/* Find the service of a packet of @family (NFPROTO_IPV4 or NFPROTO_IPV6). */
int rule_dispatch(struct rule *rule, const char *chain, uint8_t family,
		  uint32_t set_id);

/* Make the VIP the source of our connections: allocator nf_nat. */
int rule_source(struct rule *rule, const char *chain, uint8_t family,
		uint32_t set_id);

/* Hand our connections to the flowtable: allocator nf_nat. */
int rule_flow(struct rule *rule, const char *chain, uint8_t family,
	      uint32_t set_id);

/*
 * Drop a segment for a VIP that conntrack calls invalid.  This machine's own
 * TCP does not know the connection: it would end it with a reset.
 */
int rule_stray(struct rule *rule, const char *chain, uint8_t family,
	       uint32_t set_id);

/*
 * Drop what is about to be forwarded to a VIP: no service takes it and no
 * interface has the VIP, so the next router would send it back here until its
 * TTL ends.  What conntrack calls invalid does not come by NAT's chains:
 * rule_lost() is for a filter's, with allocator nf_nat.
 */
int rule_lost(struct rule *rule, const char *chain, uint8_t family,
	      uint32_t set_id);
int rule_routed(struct rule *rule, const char *chain, uint8_t family,
		uint32_t set_id);

/**
 * rule_set_turn - choose which backend a service's new rule begins with
 * @packets: how many connections the rule before it has counted
 *
 * numgen begins at slot 0.  A service whose backends change often would send
 * nearly all of its connections to the first one, so the slots are rotated.
 * Multiples of the golden ratio spread the beginnings evenly, and a rule that
 * has counted nothing begins with the first slot.
 */
void rule_set_turn(struct rule *rule, uint64_t packets);

/**
 * set_new - a set of the table, without elements
 * @id: its number in its batch
 * @data_type: nft's number, or NFT_DATA_VERDICT; for a map only
 * @key_order: ORDER_*, how nft prints the key
 *
 * Return: NULL where there is no memory
 */
struct nftnl_set *set_new(const char *name, uint32_t id, uint32_t flags,
			  uint32_t key_type, uint32_t key_len,
			  uint32_t data_type, uint32_t data_len,
			  uint8_t key_order);

/* User data with a comment, as nft keeps it; NULL where there is no memory. */
struct nftnl_udata_buf *comment_new(uint8_t type, const char *text);

/* Where the first counter of @rule stands; NULL when it has none. */
struct nftnl_expr *rule_counter(const struct nftnl_rule *rule);

#endif
