// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jhash.h>
#include <net/ipv6.h>

#include "dnat.h"
#include "table.h"

/* Strangers choose what is hashed; the seed is the table's own. */
static u32 dnat_tuple_hash(const void *data, u32 len, u32 seed)
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

/* How the packets of one direction look. */
static void dnat_way_tuple(struct dnat_way *way, struct dnat_tuple *tuple)
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

static u32 dnat_way_hash(const void *data, u32 len, u32 seed)
{
	struct dnat_tuple tuple;

	dnat_way_tuple((struct dnat_way *)data, &tuple);
	return dnat_tuple_hash(&tuple, len, seed);
}

static bool dnat_addr_equal(const void *a, const void *b, u8 l3num)
{
	if (l3num == NFPROTO_IPV4)
		return *(const u32 *)a == *(const u32 *)b;
	return ipv6_addr_equal(a, b);
}

static int dnat_way_cmp(struct rhashtable_compare_arg *arg, const void *obj)
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
 * dnat_table_find - look for the connection of a packet
 * @dn: of the packet's netns
 * @tuple: of the packet
 *
 * Context: any, under rcu_read_lock().
 * Return: the direction of the connection that the packet goes in; the
 *	connection may not be confirmed, or be about to end; or NULL
 */
struct dnat_way *dnat_table_find(struct dnat_net *dn,
				 const struct dnat_tuple *tuple)
{
	return rhashtable_lookup(&dn->table, tuple, dnat_table_params);
}

/**
 * dnat_table_add - let packets find a connection
 * @dn: of the connection's netns
 * @conn: with its vdport, not in the table
 *
 * The same tuple may stand there already, where two packets of one client
 * race; one of the two connections will not be confirmed.
 *
 * Context: softirq.
 * Return: 0, or a negative errno without memory
 */
int dnat_table_add(struct dnat_net *dn, struct dnat_conn *conn)
{
	int err;

	conn->in.iif_dir = IP_CT_DIR_ORIGINAL;
	conn->out.iif_dir = IP_CT_DIR_REPLY;
	err = rhashtable_insert_fast(&dn->table, &conn->in.node,
				     dnat_table_params);
	if (err)
		return err;
	err = rhashtable_insert_fast(&dn->table, &conn->out.node,
				     dnat_table_params);
	if (err)
		rhashtable_remove_fast(&dn->table, &conn->in.node,
				       dnat_table_params);
	return err;
}

/**
 * dnat_table_del - undo dnat_table_add()
 * @dn: of the connection's netns
 * @conn: in the table; may be found until a grace period has passed
 *
 * Context: softirq or process.
 */
void dnat_table_del(struct dnat_net *dn, struct dnat_conn *conn)
{
	rhashtable_remove_fast(&dn->table, &conn->in.node, dnat_table_params);
	rhashtable_remove_fast(&dn->table, &conn->out.node, dnat_table_params);
}

/**
 * dnat_table_init - get ready for a netns's connections
 * @dn: of that netns
 *
 * Context: process.
 * Return: 0 or a negative errno
 */
int dnat_table_init(struct dnat_net *dn)
{
	return rhashtable_init(&dn->table, &dnat_table_params);
}

/**
 * dnat_table_clean - undo dnat_table_init()
 * @dn: with no connection left
 *
 * Context: process.
 */
void dnat_table_clean(struct dnat_net *dn)
{
	rhashtable_destroy(&dn->table);
}
