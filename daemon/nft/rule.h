/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of the table as libnftnl objects.  They use the same registers as
 * nft does for the same rule, so that nft can print them.
 */
#ifndef DNAT_RULE_H
#define DNAT_RULE_H

/* glibc's header must come before those of the kernel. */
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

/* nft's numbers of data types; a concatenation has 6 bits for each. */
enum {
	TYPE_INTEGER = 4,
	TYPE_IPADDR = 7,
	TYPE_IP6ADDR = 8,
	TYPE_INET_PROTOCOL = 12,
	TYPE_INET_SERVICE = 13,
};

#define TYPE_CONCAT2(a, b) ((a) << 6 | (b))
#define TYPE_CONCAT3(a, b, c) (TYPE_CONCAT2(a, b) << 6 | (c))

/* nft's numbers of byte orders, in the user data of sets. */
enum {
	ORDER_NONE,
	ORDER_HOST,
	ORDER_NETWORK,
};

/* A rule and its anonymous set, or NULL.  rule_free() frees both. */
struct rule {
	struct nftnl_rule *rule;
	struct nftnl_set *set;
};

void rule_free(struct rule *rule);

/**
 * rule_service - rule that counts a new connection and sends it to a backend,
 * or refuses it
 * @rule: result
 * @chain: the service's chain
 * @set_id: ID of the anonymous map, unique in its batch, host byte order
 *
 * Return: 0 or -ENOMEM
 */
int rule_service(struct rule *rule, const char *chain,
		 const struct service *service, enum allocator allocator,
		 uint32_t set_id);

/*
 * Rule that finds a packet's service.  @family: NFPROTO_IPV4 or NFPROTO_IPV6,
 * here and below.  The functions return 0 or -ENOMEM.
 */
int rule_dispatch(struct rule *rule, const char *chain, uint8_t family,
		  uint32_t set_id);

/* Rule that makes the VIP the source of connections, for allocator nf_nat. */
int rule_source(struct rule *rule, const char *chain, uint8_t family,
		uint32_t set_id);

/* Rule that puts connections into the flowtable, for allocator nf_nat. */
int rule_flow(struct rule *rule, const char *chain, uint8_t family,
	      uint32_t set_id);

/*
 * Rule that drops TCP segments to a VIP that are invalid for conntrack.
 * Otherwise this machine's own TCP gets them, which does not know the
 * connection and would answer with a reset.
 */
int rule_stray(struct rule *rule, const char *chain, uint8_t family,
	       uint32_t set_id);

/*
 * Rules that drop packets that are forwarded to a VIP.  No service takes them
 * and no interface has the VIP, so the next router would send them back until
 * their TTL ends.  Invalid packets do not pass nat chains, so for allocator
 * nf_nat rule_lost() drops these in a filter chain, and rule_routed() the
 * others.
 */
int rule_lost(struct rule *rule, const char *chain, uint8_t family,
	      uint32_t set_id);
int rule_routed(struct rule *rule, const char *chain, uint8_t family,
		uint32_t set_id);

/**
 * rule_set_turn - choose the first backend of a service's new rule
 * @packets: number of connections that the old rule has counted
 *
 * numgen of a new rule begins at slot 0.  If backends change often, nearly all
 * connections would go to the first one, so the slots are rotated.  Multiples
 * of the golden ratio spread the first slots evenly.  With @packets 0 the slots
 * are not rotated.
 */
void rule_set_turn(struct rule *rule, uint64_t packets);

/**
 * set_new - a set or map of the table, without elements
 * @id: its ID, unique in its batch
 * @data_type: TYPE_* or NFT_DATA_VERDICT; only for maps
 * @key_order: ORDER_*, with which nft prints the key
 *
 * Return: NULL if there is no memory
 */
struct nftnl_set *set_new(const char *name, uint32_t id, uint32_t flags,
			  uint32_t key_type, uint32_t key_len,
			  uint32_t data_type, uint32_t data_len,
			  uint8_t key_order);

/* User data with a comment, in nft's format.  NULL: no memory */
struct nftnl_udata_buf *comment_new(uint8_t type, const char *text);

/* The first counter of @rule, or NULL. */
struct nftnl_expr *rule_counter(const struct nftnl_rule *rule);

#endif
