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

#include "pool.h"

struct dnat_conn {
	struct nf_conn *ct;		/* a reference of our own */
	struct dnat_pool *pool;		/* one of its users */
	struct dnat_pending *pending;
	struct list_head pending_node;	/* in pending->conns, or empty */
	struct list_head class_node;	/* in pool->conns[class], or empty */
	u16 vdport;			/* host byte order, 0: none yet */
	u8 class;			/* enum dnat_class, under pool->lock */
	bool reused;			/* the backend may remember the port */
	struct rcu_head rcu;
};

static inline bool dnat_conn_is_tcp(const struct dnat_conn *conn)
{
	return nf_ct_protonum(conn->ct) == IPPROTO_TCP;
}

int dnat_conn_setup(void);
void dnat_conn_teardown(void);

bool dnat_conn_wanted(const struct nf_conn *ct);
struct dnat_conn *dnat_conn_new(struct nf_conn *ct,
				const struct dnat_pool_key *key);
void dnat_conn_attach(struct dnat_conn *conn, u16 vdport);
void dnat_conn_drop(struct dnat_conn *conn);
void dnat_conn_net_exit(struct net *net);

#endif /* DNAT_CONN_H */
