/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking ports back: when a pool has no free port, the module ends its oldest
 * closed connection or, if there is none, its oldest half-open one.  It never
 * ends an established connection.  So a flood of SYNs from spoofed addresses
 * ends no established connection, and TIME_WAIT does not limit the rate of new
 * connections.
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
	/* assured: packets were seen from both ends */
	return test_bit(IPS_ASSURED_BIT, &ct->status) ? DNAT_CLASS_OPEN :
							DNAT_CLASS_HALF_OPEN;
}

void dnat_reclaim_add(struct dnat_conn *conn);
void dnat_reclaim_del(struct dnat_conn *conn);
void dnat_reclaim_move(struct dnat_conn *conn, enum dnat_class class);
int dnat_reclaim_one(struct dnat_pool *pool);
int dnat_reclaim_closed(struct dnat_pool *pool);

/* Update the class of a connection after a packet. */
static inline void dnat_reclaim_update(struct dnat_conn *conn)
{
	enum dnat_class class = dnat_class_of(conn->ct);

	if (unlikely(READ_ONCE(conn->class) != class))
		dnat_reclaim_move(conn, class);
}

#endif /* DNAT_RECLAIM_H */
