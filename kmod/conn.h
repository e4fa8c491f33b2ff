/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection's hold on its vdport, from the first packet to the day that
 * conntrack forgets the connection.
 *
 * The hold hangs on the conntrack's helper extension, the one extension that
 * modules may use and that tells when a conntrack ends.  It tells so only for
 * a conntrack that was confirmed.  One that is dropped before (by a later rule,
 * by a clash) ends in silence; so a new hold is pending, and owns a reference
 * to its conntrack, and is looked at again until it is confirmed or nobody
 * else owns that conntrack any more.
 */
#ifndef DNAT_CONN_H
#define DNAT_CONN_H

#include <net/netfilter/nf_conntrack.h>

#include "counter.h"
#include "pool.h"
#include "way.h"

/* Lists of new holds; each CPU has its own up to so many. */
#define DNAT_PENDING_BITS 5

/* What forwarding reads comes first; IN is conntrack's original direction. */
struct dnat_conn {
	struct dnat_way in;
	struct nf_conn *ct;		/* a reference of our own */
	struct dnat_pool *pool;		/* one of its users */
	union nf_inet_addr client;
	__be16 cport;
	__be16 vport;
	u16 vdport;			/* host byte order, 0: none yet */
	u8 class;			/* enum dnat_class, under pool->lock */
	u8 fast : 1;			/* may be forwarded by us */
	u8 reused : 1;			/* the backend may remember the port */
	u8 listed : 1;			/* stands in the table */
	u8 pending : DNAT_PENDING_BITS;	/* which of the lists it was in */
	struct dnat_way out;
	struct list_head class_node;	/* in pool->conns[class], or empty */
	struct dnat_count __percpu *count; /* one of its users, or NULL */
	union {
		struct list_head pending_node;	/* conn.c's, or empty */
		struct rcu_head rcu;
	};
};

static inline struct dnat_conn *dnat_way_conn(struct dnat_way *way)
{
	return dnat_way_dir(way) == IP_CT_DIR_ORIGINAL ?
	       container_of(way, struct dnat_conn, in) :
	       container_of(way, struct dnat_conn, out);
}

/* What a backend answers to on a vdport (host byte order), as conntrack has it. */
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

/* Has a packet of the backend come in?  conntrack deletes a connection whose first
 * answer is a reset before it sets IPS_SEEN_REPLY.
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
