// SPDX-License-Identifier: GPL-2.0-only
#include "ahead.h"
#include "reclaim.h"

/* Return: a pool with the reference that came with it, or NULL */
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

static void dnat_ahead_work(struct work_struct *work)
{
	struct dnat_ahead *ahead = container_of(work, struct dnat_ahead, work);
	struct dnat_pool *pool;
	int err;

	while ((pool = dnat_ahead_next(ahead))) {
		do {
			rcu_read_lock();
			err = dnat_reclaim_closed(pool);
			rcu_read_unlock();
			cond_resched();
		} while (!err && dnat_vdport_scarce(pool, 2));
		dnat_pool_put(pool);
	}
}

/* For dnat_ahead_check(). */
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

void dnat_ahead_init(struct dnat_ahead *ahead)
{
	INIT_WORK(&ahead->work, dnat_ahead_work);
	spin_lock_init(&ahead->lock);
	INIT_LIST_HEAD(&ahead->pools);
}

/**
 * dnat_ahead_clean - undo dnat_ahead_init()
 * @ahead: that nobody queues pools in any more
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
