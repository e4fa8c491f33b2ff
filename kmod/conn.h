/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections: the direction-split table (paper, 3.3), and a connection's hold
 * on its vdport, from the first packet to the day that conntrack forgets the
 * connection.
 *
 * A client's packets are found by client and service in a hash table of the
 * netns (IN), a backend's by the vdport in the backend's pool (OUT).
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
#include "way.h"

struct dnat_net;

/* What forwarding reads comes first; ways are indexed by conntrack's direction,
 * IN being the original one.
 */
struct dnat_conn {
	struct rhash_head node;		/* in dnat_net.conns, if @listed */
	struct nf_conn *ct;		/* a reference of our own */
	struct dnat_pool *pool;		/* one of its users */
	union nf_inet_addr client;
	__be16 cport;
	__be16 vport;
	u16 vdport;			/* host byte order, 0: none yet */
	u8 class;			/* enum dnat_class, under pool->lock */
	u8 fast : 1;			/* may be forwarded by us */
	u8 reused : 1;			/* the backend may remember the port */
	u8 listed : 1;
	struct dnat_way way[IP_CT_DIR_MAX];
	struct list_head class_node;	/* in pool->conns[class], or empty */
	struct dnat_pending *pending;
	union {
		struct list_head pending_node;	/* in pending->conns, or empty */
		struct rcu_head rcu;
	};
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

struct dnat_conn *dnat_conn_of(const struct nf_conn *ct);
struct dnat_conn *dnat_conn_find_in(struct dnat_net *dn,
				    const struct dnat_vip *vip,
				    const union nf_inet_addr *client,
				    __be16 cport, __be16 vport);
struct dnat_conn *dnat_conn_find_out(struct dnat_net *dn,
				     const struct dnat_vip *vip,
				     const union nf_inet_addr *backend,
				     __be16 bport, __be16 vdport);

int dnat_conn_net_init(struct dnat_net *dn);
void dnat_conn_net_exit(struct net *net);
void dnat_conn_net_clean(struct dnat_net *dn);

#endif /* DNAT_CONN_H */
