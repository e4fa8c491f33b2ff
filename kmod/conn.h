/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's state for one connection (struct dnat_conn, the entry).  It is
 * made for the connection's first packet, owns the vdport, and is freed when
 * conntrack frees the connection.
 *
 * The conntrack's helper extension points to the entry.  It is the only
 * extension that a module may use and that has a callback for the end of a
 * conntrack.  conntrack calls it only for a confirmed conntrack.  A conntrack
 * that is dropped before that (by a later rule, or by a clash) ends without a
 * call.  So a new entry is in a pending list and is checked until its conntrack
 * is confirmed, or until the entry has the last reference to it.
 */
#ifndef DNAT_CONN_H
#define DNAT_CONN_H

#include <net/netfilter/nf_conntrack.h>

#include "counter.h"
#include "pool.h"
#include "way.h"

/* log2 of the number of pending lists; a CPU uses the one of its number. */
#define DNAT_PENDING_BITS 5

/* The fields that forwarding reads come first.  IN is conntrack's original
 * direction, OUT is its reply direction.
 */
struct dnat_conn {
	struct dnat_way in;
	struct nf_conn *ct;		/* with a reference */
	struct dnat_pool *pool;		/* with a reference */
	union nf_inet_addr client;
	__be16 cport;
	__be16 vport;
	u16 vdport;			/* host byte order, 0: none yet */
	u8 class;			/* enum dnat_class, under pool->lock */
	u8 fast : 1;			/* may take the one-lookup path */
	u8 reused : 1;			/* the backend may remember the port */
	u8 listed : 1;			/* is in the table */
	u8 pending : DNAT_PENDING_BITS;	/* number of its pending list */
	struct dnat_way out;
	struct list_head class_node;	/* in pool->conns[class], or empty */
	struct dnat_count __percpu *count; /* with a reference, or NULL */
	union {
		struct list_head pending_node;	/* in its list, or empty */
		struct rcu_head rcu;
	};
};

static inline struct dnat_conn *dnat_way_conn(struct dnat_way *way)
{
	return dnat_way_dir(way) == IP_CT_DIR_ORIGINAL ?
	       container_of(way, struct dnat_conn, in) :
	       container_of(way, struct dnat_conn, out);
}

/* The tuple of a backend's packets to a vdport (host byte order). */
static inline struct nf_conntrack_tuple
dnat_answer_tuple(const struct dnat_pool_key *key, u16 vdport)
{
	return (struct nf_conntrack_tuple){
		.src.u3 = key->bip,
		.src.u.all = key->bport,
		.src.l3num = key->l3num,
		.dst.u3 = key->vip,
		.dst.u.all = htons(vdport),
		.dst.protonum = key->l4proto,
	};
}

static inline bool dnat_conn_is_tcp(const struct dnat_conn *conn)
{
	return nf_ct_protonum(conn->ct) == IPPROTO_TCP;
}

/* Has the backend sent a packet?  If its first one is a reset, conntrack
 * deletes the connection without setting IPS_SEEN_REPLY.
 */
static inline bool dnat_conn_answered(const struct nf_conn *ct)
{
	return test_bit(IPS_SEEN_REPLY_BIT, &ct->status) ||
	       (nf_ct_protonum(ct) == IPPROTO_TCP &&
		READ_ONCE(ct->proto.tcp.state) == TCP_CONNTRACK_CLOSE &&
		READ_ONCE(ct->proto.tcp.last_dir) == IP_CT_DIR_REPLY);
}

int dnat_conn_setup(void);
void dnat_conn_teardown(void);

bool dnat_conn_wanted(const struct nf_conn *ct);
struct dnat_conn *dnat_conn_new(struct nf_conn *ct,
				const struct dnat_pool_key *key);
int dnat_conn_attach(struct dnat_conn *conn, u16 vdport);
void dnat_conn_drop(struct dnat_conn *conn);
bool dnat_conn_kill(struct dnat_conn *conn);
bool dnat_conn_unhelped(const struct dnat_conn *conn);
void dnat_conn_forget(struct dnat_conn *conn);

struct dnat_conn *dnat_conn_of(const struct nf_conn *ct);
void dnat_pending_flush(const struct net *net);
void dnat_conn_net_exit(struct net *net);

#endif /* DNAT_CONN_H */
