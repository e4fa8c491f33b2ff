// SPDX-License-Identifier: GPL-2.0-only
#include <linux/random.h>
#include <linux/slab.h>

#include "vdport.h"

static const struct rhashtable_params dnat_pool_params = {
	.head_offset = offsetof(struct dnat_pool, node),
	.key_offset = offsetof(struct dnat_pool, key),
	.key_len = sizeof(struct dnat_pool_key),
	.automatic_shrinking = true,
};

/**
 * dnat_vdports_init - get ready to hand out vdports, in the default range
 * @vdports: embedded in a netns's state
 *
 * Context: process.
 * Return: 0 or a negative errno
 */
int dnat_vdports_init(struct dnat_vdports *vdports)
{
	spin_lock_init(&vdports->lock);
	vdports->range.min = DNAT_PORT_MIN_DEFAULT;
	vdports->range.max = DNAT_PORT_MAX_DEFAULT;
	return rhashtable_init(&vdports->pools, &dnat_pool_params);
}

/**
 * dnat_vdports_clean - undo dnat_vdports_init()
 * @vdports: no pool of which may be in use any more
 *
 * Context: process.
 */
void dnat_vdports_clean(struct dnat_vdports *vdports)
{
	WARN_ON_ONCE(atomic_read(&vdports->pools.nelems));
	rhashtable_destroy(&vdports->pools);
}

/**
 * dnat_vdports_set_range - set the range of the pools made from now on
 * @vdports: whose
 * @range: checked by the caller
 *
 * Context: any but hard interrupt.
 */
void dnat_vdports_set_range(struct dnat_vdports *vdports,
			    struct dnat_range range)
{
	spin_lock_bh(&vdports->lock);
	vdports->range = range;
	spin_unlock_bh(&vdports->lock);
}

/**
 * dnat_vdports_range - the range of the pools made from now on
 * @vdports: whose
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

static struct dnat_pool *dnat_pool_alloc(struct dnat_vdports *vdports,
					 const struct dnat_pool_key *key)
{
	const gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN;
	struct dnat_pool *pool;
	unsigned int capacity;

	pool = kzalloc(sizeof(*pool), gfp);
	if (!pool)
		return NULL;

	pool->key = *key;
	pool->owner = vdports;
	pool->range = dnat_vdports_range(vdports);
	refcount_set(&pool->users, 1);
	atomic64_set(&pool->failed, 0);

	/* The backend may still hold TIME_WAIT for the ports that an earlier
	 * pool, or this machine before it was booted, gave out last.
	 */
	capacity = dnat_pool_capacity(pool);
	pool->rotation = reciprocal_scale(get_random_u32(), capacity);

	if (sbitmap_init_node(&pool->map, capacity, -1, gfp, NUMA_NO_NODE,
			      true, true)) {
		kfree(pool);
		return NULL;
	}
	return pool;
}

static void dnat_pool_free(struct dnat_pool *pool)
{
	sbitmap_free(&pool->map);
	kfree(pool);
}

static void dnat_pool_free_rcu(struct rcu_head *rcu)
{
	dnat_pool_free(container_of(rcu, struct dnat_pool, rcu));
}

/* Find the pool, or put @fresh in its place.  Under the lock no pool in the
 * table has lost its last user.
 */
static struct dnat_pool *dnat_pool_insert(struct dnat_vdports *vdports,
					  struct dnat_pool *fresh)
{
	struct dnat_pool *pool;

	spin_lock_bh(&vdports->lock);
	pool = rhashtable_lookup_get_insert_fast(&vdports->pools, &fresh->node,
						 dnat_pool_params);
	if (!pool)
		pool = fresh;
	else if (!IS_ERR(pool))
		refcount_inc(&pool->users);
	spin_unlock_bh(&vdports->lock);
	return pool;
}

/**
 * dnat_pool_get - use the pool of vdports towards a backend
 * @vdports: whose
 * @key: the backend and how it is reached
 *
 * Context: softirq or process, under rcu_read_lock().
 * Return: the pool, to be given back with dnat_pool_put(); NULL without memory
 */
struct dnat_pool *dnat_pool_get(struct dnat_vdports *vdports,
				const struct dnat_pool_key *key)
{
	struct dnat_pool *pool, *fresh;

	pool = rhashtable_lookup(&vdports->pools, key, dnat_pool_params);
	if (pool && refcount_inc_not_zero(&pool->users))
		return pool;

	fresh = dnat_pool_alloc(vdports, key);
	if (!fresh)
		return NULL;

	pool = dnat_pool_insert(vdports, fresh);
	if (pool != fresh)
		dnat_pool_free(fresh);
	return IS_ERR(pool) ? NULL : pool;
}

/**
 * dnat_pool_put - stop using a pool
 * @pool: from dnat_pool_get(); its user's port has been given back
 *
 * Context: softirq or process.
 */
void dnat_pool_put(struct dnat_pool *pool)
{
	struct dnat_vdports *vdports = pool->owner;
	bool last;

	if (refcount_dec_not_one(&pool->users))
		return;

	spin_lock_bh(&vdports->lock);
	last = refcount_dec_and_test(&pool->users);
	if (last)
		rhashtable_remove_fast(&vdports->pools, &pool->node,
				       dnat_pool_params);
	spin_unlock_bh(&vdports->lock);

	if (last)
		call_rcu(&pool->rcu, dnat_pool_free_rcu);
}

/**
 * dnat_vdport_take - take a free vdport
 * @pool: in use by the caller
 *
 * Ports are handed out in turn, so that one that came back rests for as long
 * as there are others.
 *
 * Context: softirq or process.
 * Return: the port in host byte order, or -ENOSPC (counted in the pool)
 */
int dnat_vdport_take(struct dnat_pool *pool)
{
	int bit;

	bit = sbitmap_get(&pool->map);
	if (bit < 0) {
		atomic64_inc(&pool->failed);
		return -ENOSPC;
	}
	return pool->range.min +
	       (bit + pool->rotation) % dnat_pool_capacity(pool);
}

/**
 * dnat_vdport_give - give a vdport back
 * @pool: it was taken from
 * @port: host byte order
 *
 * Context: softirq or process.
 */
void dnat_vdport_give(struct dnat_pool *pool, u16 port)
{
	unsigned int capacity = dnat_pool_capacity(pool);
	unsigned int bit = port - pool->range.min + capacity - pool->rotation;

	sbitmap_put(&pool->map, bit % capacity);
}
