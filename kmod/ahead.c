// SPDX-License-Identifier: GPL-2.0-only
#include <net/netfilter/nf_conntrack_core.h>

#include "ahead.h"
#include "conn.h"
#include "reclaim.h"

/* Return: the next queued pool, with the queue's reference; or NULL */
static struct dnat_pool *dnat_ahead_next(struct dnat_ahead *ahead)
{
	struct dnat_pool *pool;

	spin_lock_bh(&ahead->lock);
	pool = list_first_entry_or_null(&ahead->pools, struct dnat_pool,
					ahead_node);
	if (pool)
		list_del_init(&pool->ahead_node);
	spin_unlock_bh(&ahead->lock);
	return pool;
}

/* Does conntrack have the tuple of the backend's packets to @port? */
static bool dnat_ahead_known(struct net *net, const struct dnat_pool_key *key,
			     u16 port)
{
	struct nf_conntrack_tuple tuple = dnat_answer_tuple(key, port);
	struct nf_conntrack_tuple_hash *hash;

	rcu_read_lock();
	hash = nf_conntrack_find_get(net, &nf_ct_zone_dflt, &tuple);
	rcu_read_unlock();
	if (!hash)
		return false;
	nf_ct_put(nf_ct_tuplehash_to_ctrack(hash));
	return true;
}

static void dnat_ahead_ask_all(struct net *net, struct dnat_pool *pool)
{
	unsigned int port;

	for (port = 0; port <= DNAT_PORT_LIMIT_MAX; port++) {
		if (dnat_vdport_list(pool, port))
			dnat_vdport_note(pool, port,
					 dnat_ahead_known(net, &pool->key,
							  port));
		cond_resched();
	}
}

/* Check the ports in use by others.
 *
 * Return: whether at least 1/16 of them are free now
 */
static bool dnat_ahead_ask_held(struct net *net, struct dnat_pool *pool)
{
	unsigned int n = READ_ONCE(pool->ports[DNAT_LIST_HELD].n);
	unsigned int i, freed = 0;
	bool known;
	u16 port;

	for (i = 0; i < n; i++) {
		port = dnat_vdport_next_held(pool);
		if (!port)
			break;
		known = dnat_ahead_known(net, &pool->key, port);
		dnat_vdport_note(pool, port, known);
		freed += !known;
		cond_resched();
	}
	return freed >= n / 16;
}

static void dnat_ahead_ask(struct net *net, struct dnat_pool *pool)
{
	u32 period = DNAT_ASK_PERIOD;

	if (dnat_vdport_met_many(pool))
		dnat_ahead_ask_all(net, pool);
	else if (!dnat_ahead_ask_held(net, pool))
		period = min_t(u32, 2 * pool->ask_period, DNAT_ASK_PERIOD_MAX);
	WRITE_ONCE(pool->ask_period, period);
}

static void dnat_ahead_reclaim(struct dnat_pool *pool)
{
	int err = 0;

	while (!err && dnat_vdport_scarce(pool, 2)) {
		rcu_read_lock();
		err = dnat_reclaim_closed(pool);
		rcu_read_unlock();
		cond_resched();
	}
}

static void dnat_ahead_work(struct work_struct *work)
{
	struct dnat_ahead *ahead = container_of(work, struct dnat_ahead, work);
	struct dnat_pool *pool;

	while ((pool = dnat_ahead_next(ahead))) {
		if (dnat_ahead_asks(pool)) {
			WRITE_ONCE(pool->asked, (u32)jiffies);
			dnat_ahead_ask(ahead->net, pool);
		}
		dnat_ahead_reclaim(pool);
		dnat_pool_put(pool);
	}
}

/* Queue a pool, if it is not queued.  Called by dnat_ahead_check(). */
void dnat_ahead_queue(struct dnat_ahead *ahead, struct dnat_pool *pool)
{
	spin_lock_bh(&ahead->lock);
	if (list_empty(&pool->ahead_node)) {
		refcount_inc(&pool->users);
		list_add_tail(&pool->ahead_node, &ahead->pools);
	}
	spin_unlock_bh(&ahead->lock);
	queue_work(system_unbound_wq, &ahead->work);
}

void dnat_ahead_init(struct dnat_ahead *ahead, struct net *net)
{
	ahead->net = net;
	INIT_WORK(&ahead->work, dnat_ahead_work);
	spin_lock_init(&ahead->lock);
	INIT_LIST_HEAD(&ahead->pools);
}

/**
 * dnat_ahead_clean - undo dnat_ahead_init()
 * @ahead: no pool is queued any more
 *
 * Context: process.
 */
void dnat_ahead_clean(struct dnat_ahead *ahead)
{
	struct dnat_pool *pool;

	cancel_work_sync(&ahead->work);
	while ((pool = dnat_ahead_next(ahead)))
		dnat_pool_put(pool);
}
