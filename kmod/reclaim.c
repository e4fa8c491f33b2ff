// SPDX-License-Identifier: GPL-2.0-only
#include "dnat.h"
#include "reclaim.h"
#include "reset.h"

/* Connections of a class that one search checks at most. */
#define DNAT_LOOK_MAX 16

/**
 * dnat_reclaim_add - add a connection to the list of its class
 * @conn: has its vdport
 *
 * Context: softirq or process.
 */
void dnat_reclaim_add(struct dnat_conn *conn)
{
	struct dnat_pool *pool = conn->pool;

	spin_lock_bh(&pool->lock);
	conn->class = dnat_class_of(conn->ct);
	list_add_tail(&conn->class_node, &pool->conns[conn->class]);
	pool->n_conns[conn->class]++;
	spin_unlock_bh(&pool->lock);
}

/**
 * dnat_reclaim_del - undo dnat_reclaim_add()
 * @conn: about to give its port back
 *
 * Context: softirq or process.
 */
void dnat_reclaim_del(struct dnat_conn *conn)
{
	struct dnat_pool *pool = conn->pool;

	spin_lock_bh(&pool->lock);
	list_del_init(&conn->class_node);
	pool->n_conns[conn->class]--;
	spin_unlock_bh(&pool->lock);
}

/**
 * dnat_reclaim_move - put a connection into another class
 * @conn: under rcu_read_lock(); ignored if it was ended on another CPU
 * @class: the new class
 *
 * Context: softirq or process.
 */
void dnat_reclaim_move(struct dnat_conn *conn, enum dnat_class class)
{
	struct dnat_pool *pool = conn->pool;

	spin_lock_bh(&pool->lock);
	if (!list_empty(&conn->class_node)) {
		pool->n_conns[conn->class]--;
		pool->n_conns[class]++;
		WRITE_ONCE(conn->class, class);
		dnat_vdport_set_barren(pool, false);
		list_move_tail(&conn->class_node, &pool->conns[class]);
	}
	spin_unlock_bh(&pool->lock);
}

/* May this connection be ended for its port?  Of the open ones, those that are
 * expired or dying: conntrack may take a minute to collect an expired one.
 */
static bool dnat_reclaimable(const struct nf_conn *ct)
{
	if (!nf_ct_is_confirmed(ct))
		return false;
	/* A dying one still has its port if its helper was removed. */
	return nf_ct_is_dying(ct) || nf_ct_is_expired(ct) ||
	       dnat_class_of(ct) != DNAT_CLASS_OPEN;
}

/* Find a connection to end.  Each one that was checked moves to the end of the
 * list, so that the next search, maybe on another CPU, checks others.
 *
 * Return: a connection for dnat_reclaim_end(), with a reference to its
 * conntrack, or NULL
 */
static struct dnat_conn *dnat_reclaim_pick(struct dnat_pool *pool,
					 enum dnat_class class)
{
	struct dnat_conn *conn;
	int i;

	lockdep_assert_held(&pool->lock);

	for (i = 0; i < DNAT_LOOK_MAX; i++) {
		conn = list_first_entry_or_null(&pool->conns[class],
						struct dnat_conn, class_node);
		if (!conn)
			break;
		list_move_tail(&conn->class_node, &pool->conns[class]);
		if (dnat_reclaimable(conn->ct)) {
			nf_conntrack_get(&conn->ct->ct_general);
			return conn;
		}
	}
	return NULL;
}

/* End @conn and drop the reference to its conntrack.
 *
 * Return: 0, or -ENOENT if @conn is NULL
 */
static int dnat_reclaim_end(struct dnat_pool *pool, struct dnat_conn *conn)
{
	struct dnat_counter *counter;
	struct nf_conn *ct;

	if (!conn)
		return -ENOENT;

	counter = dnat_counter_of(conn->count);
	ct = conn->ct;
	/* Without a reset, the backend takes the next SYN from this port for a
	 * packet of this connection, and answers it with an ACK.
	 */
	if (dnat_conn_is_tcp(conn) && dnat_class_of(ct) != DNAT_CLASS_CLOSED &&
	    !nf_ct_is_dying(ct))
		dnat_reset_send_to(conn, IP_CT_DIR_ORIGINAL);
	if (dnat_conn_kill(conn)) {
		if (counter)
			atomic64_inc(&counter->taken_back);
		dnat_pool_count(pool, &pool->reclaimed);
		dnat_stat_inc(dnat_pernet(nf_ct_net(ct)), DNAT_STAT_RECLAIMED);
	}
	nf_ct_put(ct);
	return 0;
}

/**
 * dnat_reclaim_one - end one connection for its port
 * @pool: has no free port
 *
 * The oldest closed one; else the oldest half-open one; else an open one that
 * is expired or dying.
 *
 * Context: softirq, under rcu_read_lock(), none of conntrack's locks held.
 * Return: 0 if a connection was ended, by this or by another CPU; another CPU
 *	may still be about to free the port, or may take it.  -ENOENT if none
 *	of those checked may be ended.
 */
int dnat_reclaim_one(struct dnat_pool *pool)
{
	struct dnat_conn *conn;

	spin_lock_bh(&pool->lock);
	conn = dnat_reclaim_pick(pool, DNAT_CLASS_CLOSED) ?:
	       dnat_reclaim_pick(pool, DNAT_CLASS_HALF_OPEN) ?:
	       dnat_reclaim_pick(pool, DNAT_CLASS_OPEN);
	spin_unlock_bh(&pool->lock);
	return dnat_reclaim_end(pool, conn);
}

/**
 * dnat_reclaim_closed - end the oldest closed connection
 * @pool: in use by the caller
 *
 * Context: softirq or process, under rcu_read_lock(), none of conntrack's
 *	locks held.
 * Return: as for dnat_reclaim_one()
 */
int dnat_reclaim_closed(struct dnat_pool *pool)
{
	struct dnat_conn *conn;

	spin_lock_bh(&pool->lock);
	conn = dnat_reclaim_pick(pool, DNAT_CLASS_CLOSED);
	spin_unlock_bh(&pool->lock);
	return dnat_reclaim_end(pool, conn);
}
