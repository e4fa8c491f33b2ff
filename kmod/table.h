/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The direction-split table of connections (paper, 3.3).
 *
 * Each connection is in the table twice: under the tuple of the client's
 * packets (IN) and under the tuple of the backend's packets (OUT).  So one
 * lookup finds the connection and the packet's direction.
 */
#ifndef DNAT_TABLE_H
#define DNAT_TABLE_H

#include <linux/jhash.h>
#include <net/ipv6.h>

#include "conn.h"
#include "dnat.h"

/* The lookup is inline: in forward.c, protocol and address family are compile-
 * time constants, and half of the code is optimized away.
 */

/* The key of the table: what identifies a packet's connection. */
struct dnat_tuple {
	const void *saddr;	/* struct in_addr or struct in6_addr */
	const void *daddr;
	__be16 sport;
	__be16 dport;
	u8 l3num;		/* NFPROTO_IPV4 or NFPROTO_IPV6 */
	u8 l4proto;		/* IPPROTO_TCP or IPPROTO_UDP */
};

/* Remote hosts choose the addresses and ports.  @seed is random for each table,
 * so they cannot cause collisions.
 */
static __always_inline u32 dnat_tuple_hash(const void *data, u32 len,
					   u32 seed)
{
	const struct dnat_tuple *tuple = data;
	u32 ports = (__force u32)tuple->sport << 16 | (__force u32)tuple->dport;
	const u32 *saddr = tuple->saddr;
	const u32 *daddr = tuple->daddr;

	seed += tuple->l4proto;
	if (tuple->l3num == NFPROTO_IPV4)
		return jhash_3words(*saddr, *daddr, ports, seed);
	seed = jhash2(saddr, sizeof(struct in6_addr) / sizeof(u32), seed);
	seed = jhash2(daddr, sizeof(struct in6_addr) / sizeof(u32), seed);
	return jhash_1word(ports, seed);
}

/* Fill in the tuple of the packets of one direction. */
static __always_inline void dnat_way_tuple(struct dnat_way *way,
					   struct dnat_tuple *tuple)
{
	const struct dnat_conn *conn = dnat_way_conn(way);
	const struct dnat_pool_key *key = &conn->pool->key;

	if (way == &conn->in) {
		tuple->saddr = &conn->client;
		tuple->sport = conn->cport;
		tuple->dport = conn->vport;
	} else {
		tuple->saddr = &key->bip;
		tuple->sport = key->bport;
		tuple->dport = htons(conn->vdport);
	}
	tuple->daddr = &key->vip;
	tuple->l3num = key->l3num;
	tuple->l4proto = key->l4proto;
}

static inline u32 dnat_way_hash(const void *data, u32 len, u32 seed)
{
	struct dnat_tuple tuple;

	dnat_way_tuple((struct dnat_way *)data, &tuple);
	return dnat_tuple_hash(&tuple, len, seed);
}

static __always_inline bool dnat_addr_equal(const void *a, const void *b,
					    u8 l3num)
{
	if (l3num == NFPROTO_IPV4)
		return *(const u32 *)a == *(const u32 *)b;
	return ipv6_addr_equal(a, b);
}

static __always_inline int dnat_way_cmp(struct rhashtable_compare_arg *arg,
					const void *obj)
{
	const struct dnat_tuple *tuple = arg->key;
	struct dnat_tuple mine;

	dnat_way_tuple((struct dnat_way *)obj, &mine);
	return tuple->sport != mine.sport || tuple->dport != mine.dport ||
	       tuple->l4proto != mine.l4proto || tuple->l3num != mine.l3num ||
	       !dnat_addr_equal(tuple->saddr, mine.saddr, mine.l3num) ||
	       !dnat_addr_equal(tuple->daddr, mine.daddr, mine.l3num);
}

static const struct rhashtable_params dnat_table_params = {
	.head_offset = offsetof(struct dnat_way, node),
	.hashfn = dnat_tuple_hash,
	.obj_hashfn = dnat_way_hash,
	.obj_cmpfn = dnat_way_cmp,
	.key_len = sizeof(struct dnat_tuple),
	.automatic_shrinking = true,
};

/**
 * dnat_table_find - find the connection of a packet
 * @dn: of the packet's netns
 * @tuple: of the packet
 *
 * Context: any, under rcu_read_lock().
 * Return: the direction that the packet belongs to, or NULL.  The connection
 *	may be unconfirmed, or about to end.
 */
static __always_inline struct dnat_way *
dnat_table_find(struct dnat_net *dn, const struct dnat_tuple *tuple)
{
	return rhashtable_lookup(&dn->table, tuple, dnat_table_params);
}

int dnat_table_init(struct dnat_net *dn);
void dnat_table_clean(struct dnat_net *dn);

int dnat_table_add(struct dnat_net *dn, struct dnat_conn *conn);
void dnat_table_del(struct dnat_net *dn, struct dnat_conn *conn);

#endif /* DNAT_TABLE_H */
