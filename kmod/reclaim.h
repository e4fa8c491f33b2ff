/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports that come back early: when a pool has no free port, the oldest closed
 * connection gives up its own, then the oldest half-open one, and never an
 * established one.  A flood of connections from invented addresses so costs
 * nobody else his, and TIME_WAIT limits no rate.
 */
#ifndef DNAT_RECLAIM_H
#define DNAT_RECLAIM_H

#include "conn.h"

static inline enum dnat_class dnat_class_of(const struct nf_conn *ct)
{
	if (nf_ct_protonum(ct) == IPPROTO_TCP) {
		u8 state = READ_ONCE(ct->proto.tcp.state);

		if (state == TCP_CONNTRACK_TIME_WAIT ||
		    state == TCP_CONNTRACK_CLOSE)
			return DNAT_CLASS_CLOSED;
	}
	/* Both ends have shown that they are there. */
	return test_bit(IPS_ASSURED_BIT, &ct->status) ? DNAT_CLASS_OPEN :
							DNAT_CLASS_HALF_OPEN;
}

void dnat_reclaim_add(struct dnat_conn *conn);
void dnat_reclaim_del(struct dnat_conn *conn);
void dnat_reclaim_move(struct dnat_conn *conn, enum dnat_class class);
int dnat_reclaim_one(struct dnat_pool *pool);
int dnat_reclaim_closed(struct dnat_pool *pool);

/* A packet went by: the connection may have moved on. */
static inline void dnat_reclaim_update(struct dnat_conn *conn)
{
	enum dnat_class class = dnat_class_of(conn->ct);

	if (unlikely(READ_ONCE(conn->class) != class))
		dnat_reclaim_move(conn, class);
}

#endif /* DNAT_RECLAIM_H */
