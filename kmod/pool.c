// SPDX-License-Identifier: GPL-2.0-only
#include <linux/rculist.h>
#include <linux/slab.h>

#include "counter.h"
#include "pool.h"

/* How often garbage collection runs. */
#define DNAT_GC_PERIOD (10 * HZ)

static const struct rhashtable_params dnat_pool_params = {
	.head_offset = offsetof(struct dnat_pool, node),
	.key_offset = offsetof(struct dnat_pool, key),
	.key_len = sizeof(struct dnat_pool_key),
	.automatic_shrinking = true,
};

static struct dnat_pool *dnat_pool_alloc(struct dnat_blocks *blocks,
					 const struct dnat_pool_key *key)
{
	struct dnat_pool *pool;
	int i;

	if (!dnat_block_get(blocks))
		return ERR_PTR(-ENOMEM);
	pool = kzalloc(sizeof(*pool), DNAT_GFP_PACKET);
	if (!pool || dnat_vdport_init(pool)) {
		kfree(pool);
		dnat_block_put(blocks);
		return ERR_PTR(-ENOMEM);
	}
	pool->blocks = blocks;
	pool->key = *key;
	refcount_set(&pool->users, 2);
	INIT_LIST_HEAD(&pool->ahead_node);
	pool->ask_period = DNAT_ASK_PERIOD;
	dnat_vdport_set_barren(pool, false);
	for (i = 0; i < DNAT_CLASS_COUNT; i++)
		INIT_LIST_HEAD(&pool->conns[i]);
	return pool;
}

static void dnat_pool_free(struct dnat_pool *pool)
{
	dnat_vdport_clean(pool);
	dnat_block_put(pool->blocks);
	kfree(pool);
}

static void dnat_pool_free_rcu(struct rcu_head *rcu)
{
	dnat_pool_free(container_of(rcu, struct dnat_pool, rcu));
}

static void dnat_pool_key_vip(const struct dnat_pool_key *key,
			      struct dnat_vip_key *vip)
{
	memset(vip, 0, sizeof(*vip));
	vip->addr = key->vip;
	vip->l3num = key->l3num;
	vip->l4proto = key->l4proto;
}

/* Return: a new pool with a reference to its VIP, not in the table yet; or an
 * error
 */
static struct dnat_pool *dnat_pool_new(struct dnat_vdports *vdports,
				       const struct dnat_pool_key *key)
{
	struct dnat_vip_key vip_key;
	struct dnat_pool *pool;
	struct dnat_vip *vip;

	if (READ_ONCE(vdports->n) >= DNAT_POOLS_MAX)
		return ERR_PTR(-ENOSPC);
	pool = dnat_pool_alloc(vdports->vips.blocks, key);
	if (IS_ERR(pool))
		return pool;

	dnat_pool_key_vip(key, &vip_key);
	vip = dnat_vip_get(&vdports->vips, &vip_key);
	if (IS_ERR(vip)) {
		dnat_pool_free(pool);
		return ERR_CAST(vip);
	}
	pool->vip = vip;
	return pool;
}

/* Return: @fresh, now in the table; the pool that another CPU has added
 * meanwhile, with no reference for the caller; or an error
 */
static struct dnat_pool *dnat_pool_insert(struct dnat_vdports *vdports,
					  struct dnat_pool *fresh)
{
	unsigned int max = READ_ONCE(fresh->vip->n_named) ? DNAT_POOLS_MAX :
							    DNAT_POOLS_MAX / 2;
	struct dnat_pool *pool;

	lockdep_assert_held(&vdports->lock);

	dnat_vdport_set_range(fresh, vdports->range);
	if (vdports->n >= max)
		return ERR_PTR(-ENOSPC);
	pool = rhashtable_lookup_get_insert_fast(&vdports->pools, &fresh->node,
						 dnat_pool_params);
	if (pool)
		return pool;
	WRITE_ONCE(vdports->n, vdports->n + 1);
	list_add_tail_rcu(&fresh->list, &vdports->list);
	if (vdports->n == 1) {
		schedule_delayed_work(&vdports->gc, DNAT_GC_PERIOD);
		schedule_work(&vdports->begin);
	}
	return fresh;
}

/**
 * dnat_pool_find - find the pool of a VIP and a backend
 * @vdports: of the netns
 * @key: of the pool
 *
 * Context: any, under rcu_read_lock().
 * Return: the pool, valid until rcu_read_unlock(), or NULL
 */
struct dnat_pool *dnat_pool_find(struct dnat_vdports *vdports,
				 const struct dnat_pool_key *key)
{
	return rhashtable_lookup(&vdports->pools, key, dnat_pool_params);
}

/**
 * dnat_pool_get - get a reference to a pool, which is made if it does not exist
 * @vdports: of the netns
 * @key: of the pool
 *
 * Context: softirq or process, under rcu_read_lock().
 * Return: the pool, for dnat_pool_put(); -ENOMEM; -ENOSPC if there are too many
 *	pools; or an error of the table, such as -EBUSY while it is rehashed
 */
struct dnat_pool *dnat_pool_get(struct dnat_vdports *vdports,
				const struct dnat_pool_key *key)
{
	struct dnat_pool *pool, *fresh;

	pool = dnat_pool_find(vdports, key);
	if (pool && refcount_inc_not_zero(&pool->users))
		return pool;

	fresh = dnat_pool_new(vdports, key);
	if (IS_ERR(fresh))
		return fresh;

	/* users >= 1 for every pool in the table while the lock is held */
	spin_lock_bh(&vdports->lock);
	pool = dnat_pool_insert(vdports, fresh);
	if (pool != fresh && !IS_ERR(pool))
		refcount_inc(&pool->users);
	spin_unlock_bh(&vdports->lock);

	if (pool != fresh) {
		dnat_vip_put(fresh->vip);
		dnat_pool_free(fresh);
	}
	return pool;
}

/* The last reference is gone.  Readers may see the pool until a grace period
 * has passed.
 */
static void dnat_pool_end(struct dnat_pool *pool)
{
	struct dnat_counter *counter;

	counter = unrcu_pointer(xchg(&pool->counter, NULL));
	if (counter)
		dnat_counter_put(counter);
	dnat_vip_put(pool->vip);
	call_rcu(&pool->rcu, dnat_pool_free_rcu);
}

/**
 * dnat_pool_put - drop a reference to a pool
 * @pool: from dnat_pool_get(); the caller has given its port back
 *
 * Context: any but hard interrupt.
 */
void dnat_pool_put(struct dnat_pool *pool)
{
	if (refcount_dec_and_test(&pool->users))
		dnat_pool_end(pool);
}

/* Add one to @counter, a field of @pool. */
void dnat_pool_count(struct dnat_pool *pool, u64 *counter)
{
	spin_lock_bh(&pool->lock);
	++*counter;
	spin_unlock_bh(&pool->lock);
}

/**
 * dnat_pool_info - read a pool's numbers, all at one moment
 * @pool: under rcu_read_lock() or in use
 * @info: result
 *
 * Context: any but hard interrupt.
 */
void dnat_pool_info(struct dnat_pool *pool, struct dnat_pool_info *info)
{
	spin_lock_bh(&pool->lock);
	info->range = pool->range;
	info->taken = pool->taken;
	memcpy(info->n_conns, pool->n_conns, sizeof(info->n_conns));
	info->reclaimed = pool->reclaimed;
	info->failed = pool->failed;
	info->unanswered = pool->unanswered;
	spin_unlock_bh(&pool->lock);
}

/* Return: the first pool after @at that is not about to be freed, with a
 * reference; or NULL.  New pools go to the end of the list, and a pool with a
 * reference keeps its place.
 */
static struct dnat_pool *dnat_walk_get(struct dnat_vdports *vdports,
				       struct list_head *at)
{
	struct dnat_pool *pool = list_entry_rcu(at->next, struct dnat_pool,
						list);

	list_for_each_entry_from_rcu(pool, &vdports->list, list)
		if (refcount_inc_not_zero(&pool->users))
			return pool;
	return NULL;
}

/**
 * dnat_walk_start - start a walk that visits every pool once
 * @walk: ended by dnat_walk_done(); its pool is the first one, or NULL
 * @vdports: of the netns
 *
 * Context: process.
 */
void dnat_walk_start(struct dnat_walk *walk, struct dnat_vdports *vdports)
{
	walk->vdports = vdports;
	rcu_read_lock();
	walk->pool = dnat_walk_get(vdports, &vdports->list);
	rcu_read_unlock();
}

/**
 * dnat_walk_next - go on to the next pool
 * @walk: its pool must not be NULL; it becomes the next one, or NULL
 *
 * Context: process.
 */
void dnat_walk_next(struct dnat_walk *walk)
{
	struct dnat_pool *pool = walk->pool;

	rcu_read_lock();
	walk->pool = dnat_walk_get(walk->vdports, &pool->list);
	rcu_read_unlock();
	dnat_pool_put(pool);
}

/* End a walk, at the last pool or before. */
void dnat_walk_done(struct dnat_walk *walk)
{
	if (walk->pool)
		dnat_pool_put(walk->pool);
	walk->pool = NULL;
}

/**
 * dnat_vdports_set_range - set the port range of all pools, present and future
 * @vdports: of the netns
 * @range: checked by the caller, who also serializes the calls
 *
 * Context: process.
 */
void dnat_vdports_set_range(struct dnat_vdports *vdports,
			    struct dnat_range range)
{
	struct dnat_walk walk;

	spin_lock_bh(&vdports->lock);
	vdports->range = range;
	spin_unlock_bh(&vdports->lock);

	dnat_walk_start(&walk, vdports);
	for (; walk.pool; dnat_walk_next(&walk)) {
		dnat_vdport_set_range(walk.pool, range);
		cond_resched();
	}
}

/**
 * dnat_vdports_offer - make a port free that is no service port any more
 * @vdports: of the netns
 * @key: of the VIP that had the service
 * @port: host byte order
 *
 * Context: process.
 */
void dnat_vdports_offer(struct dnat_vdports *vdports,
			const struct dnat_vip_key *key, u16 port)
{
	struct dnat_walk walk;

	dnat_walk_start(&walk, vdports);
	for (; walk.pool; dnat_walk_next(&walk)) {
		if (!memcmp(&walk.pool->vip->key, key, sizeof(*key)))
			dnat_vdport_offer(walk.pool, port);
		cond_resched();
	}
}

/**
 * dnat_vdports_range - the port range of the pools
 * @vdports: of the netns
 *
 * Context: any but hard interrupt.
 * Return: both ends, host byte order
 */
struct dnat_range dnat_vdports_range(struct dnat_vdports *vdports)
{
	struct dnat_range range;

	spin_lock_bh(&vdports->lock);
	range = vdports->range;
	spin_unlock_bh(&vdports->lock);
	return range;
}

/* May @pool be freed?  Yes, if no backend remembers one of its ports.  Yes
 * also, after DNAT_REST, if it has used one chunk of many: a new pool starts at
 * a random chunk and will hardly use the same ports again.
 */
static bool dnat_pool_idle(struct dnat_pool *pool)
{
	bool idle;

	spin_lock_bh(&pool->lock);
	idle = !pool->taken &&
	       (dnat_quiet(pool->stamp) ||
		(pool->made <= 1 && pool->absent >= DNAT_CHUNKS / 8 &&
		 (u32)jiffies - pool->idle >= DNAT_REST));
	spin_unlock_bh(&pool->lock);
	return idle;
}

static void dnat_pool_gc(struct dnat_vdports *vdports, struct dnat_pool *pool)
{
	dnat_vdport_sweep(pool);
	if (!dnat_pool_idle(pool))
		return;

	/* Free the pool if only the table's reference is left.  Nobody can get
	 * another one while the lock is held.
	 */
	spin_lock_bh(&vdports->lock);
	if (refcount_dec_if_one(&pool->users)) {
		rhashtable_remove_fast(&vdports->pools, &pool->node,
				       dnat_pool_params);
		list_del_rcu(&pool->list);
		WRITE_ONCE(vdports->n, vdports->n - 1);
		dnat_pool_end(pool);
	}
	spin_unlock_bh(&vdports->lock);
}

static void dnat_vdports_gc(struct work_struct *work)
{
	struct dnat_vdports *vdports = container_of(to_delayed_work(work),
						    struct dnat_vdports, gc);
	struct dnat_walk walk;
	struct dnat_pool *pool;

	dnat_walk_start(&walk, vdports);
	while ((pool = walk.pool)) {
		/* pool stays: only this work drops the table's reference */
		dnat_walk_next(&walk);
		dnat_pool_gc(vdports, pool);
		cond_resched();
	}
	/* without pools, the next pool that is made schedules it */
	if (READ_ONCE(vdports->n))
		schedule_delayed_work(&vdports->gc, DNAT_GC_PERIOD);
}

/**
 * dnat_vdports_init - set up the pools of a netns, with the default range
 * @vdports: embedded in a netns's state
 * @begin: work to run when the number of pools has gone from 0 to 1
 *
 * Context: process.
 * Return: 0 or a negative errno
 */
int dnat_vdports_init(struct dnat_vdports *vdports, work_func_t begin)
{
	int err;

	spin_lock_init(&vdports->lock);
	INIT_LIST_HEAD(&vdports->list);
	vdports->range.min = DNAT_PORT_MIN_DEFAULT;
	vdports->range.max = DNAT_PORT_MAX_DEFAULT;
	err = dnat_vips_init(&vdports->vips);
	if (err)
		return err;
	err = rhashtable_init(&vdports->pools, &dnat_pool_params);
	if (err) {
		dnat_vips_clean(&vdports->vips);
		return err;
	}

	INIT_DEFERRABLE_WORK(&vdports->gc, dnat_vdports_gc);
	INIT_WORK(&vdports->begin, begin);
	return 0;
}

static void dnat_pool_clean(void *ptr, void *arg)
{
	struct dnat_pool *pool = ptr;

	WARN_ON_ONCE(pool->taken);
	dnat_pool_put(pool);
}

/**
 * dnat_vdports_clean - undo dnat_vdports_init()
 * @vdports: no port may be taken any more
 *
 * Pools are freed by call_rcu().
 *
 * Context: process.
 */
void dnat_vdports_clean(struct dnat_vdports *vdports)
{
	cancel_work_sync(&vdports->begin);
	cancel_delayed_work_sync(&vdports->gc);
	rhashtable_free_and_destroy(&vdports->pools, dnat_pool_clean, NULL);
	dnat_vips_clean(&vdports->vips);
}
