// SPDX-License-Identifier: GPL-2.0-only
#include "conn.h"
#include "dnat.h"
#include "pool.h"
#include "unhelp.h"

/* Connections that are freed in one RCU read section. */
#define DNAT_UNHELP_BATCH 16

/* Search one chunk of a pool's ports, from @port on, for connections without
 * helper.  @port becomes the port to go on with.
 *
 * Return: the number of connections in @found, at most DNAT_UNHELP_BATCH
 */
static unsigned int dnat_unhelp_find(struct dnat_pool *pool, unsigned int *port,
				     struct dnat_conn **found)
{
	unsigned int end, n = 0;
	struct dnat_conn *conn;

	spin_lock_bh(&pool->lock);
	end = dnat_vdport_used_chunk(pool, port);
	for (; *port < end && n < DNAT_UNHELP_BATCH; ++*port) {
		conn = dnat_vdport_owner(pool, *port);
		if (conn && dnat_conn_unhelped(conn))
			found[n++] = conn;
	}
	spin_unlock_bh(&pool->lock);
	return n;
}

static void dnat_unhelp_pool(struct dnat_pool *pool)
{
	struct dnat_conn *found[DNAT_UNHELP_BATCH];
	unsigned int port = 0, n;

	while (port <= DNAT_PORT_LIMIT_MAX) {
		rcu_read_lock();
		n = dnat_unhelp_find(pool, &port, found);
		while (n)
			dnat_conn_forget(found[--n]);
		rcu_read_unlock();
		cond_resched();
	}
}

/* The work dnat_net.unhelp; scheduled when the first pool is made. */
void dnat_unhelp_work(struct work_struct *work)
{
	struct dnat_net *dn = container_of(to_delayed_work(work),
					   struct dnat_net, unhelp);
	struct dnat_vdports *vdports = &dn->vdports;
	struct dnat_walk walk;

	dnat_walk_start(&walk, vdports);
	for (; walk.pool; dnat_walk_next(&walk))
		dnat_unhelp_pool(walk.pool);
	if (READ_ONCE(vdports->n))
		schedule_delayed_work(&dn->unhelp, DNAT_UNHELP_PERIOD);
}
