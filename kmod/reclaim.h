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

void dnat_reclaim_add(struct dnat_conn *conn);
void dnat_reclaim_del(struct dnat_conn *conn);
void dnat_reclaim_update(struct dnat_conn *conn);
bool dnat_reclaim_one(struct dnat_pool *pool);

#endif /* DNAT_RECLAIM_H */
