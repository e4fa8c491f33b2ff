// SPDX-License-Identifier: GPL-2.0-only
#include <linux/random.h>
#include <linux/slab.h>

#include "vdport.h"

/* How often pools that nobody has used for long are looked for. */
#define DNAT_GC_PERIOD (60 * HZ)

static const struct rhashtable_params dnat_pool_params = {
	.head_offset = offsetof(struct dnat_pool, node),
	.key_offset = offsetof(struct dnat_pool, key),
	.key_len = sizeof(struct dnat_pool_key),
	.automatic_shrinking = true,
};

static bool dnat_quiet(u32 stamp)
{
	return (u32)jiffies - stamp >= DNAT_QUIET;
}

static bool dnat_in_range(struct dnat_range range, u16 port)
{
	return port >= range.min && port <= range.max;
}

/* The chunk of @port is there. */
static struct dnat_slot *dnat_slot(const struct dnat_pool *pool, u16 port)
{
	return &pool->chunk[port >> DNAT_CHUNK_SHIFT]
			->slot[port & (DNAT_CHUNK_SLOTS - 1)];
}

static bool dnat_listed(const struct dnat_pool *pool, u16 port)
{
	return dnat_slot(pool, port)->prev || pool->first == port;
}

/* Put a free port behind @prev in the list; 0: in front of all. */
static void dnat_link(struct dnat_pool *pool, u16 port, u16 prev)
{
	struct dnat_slot *slot = dnat_slot(pool, port);
	u16 next = prev ? dnat_slot(pool, prev)->next : pool->first;

	lockdep_assert_held(&pool->lock);

	slot->prev = prev;
	slot->next = next;
	if (prev)
		dnat_slot(pool, prev)->next = port;
	else
		pool->first = port;
	if (next)
		dnat_slot(pool, next)->prev = port;
	else
		pool->last = port;
}

static void dnat_unlink(struct dnat_pool *pool, u16 port)
{
	struct dnat_slot *slot = dnat_slot(pool, port);

	lockdep_assert_held(&pool->lock);

	if (slot->prev)
		dnat_slot(pool, slot->prev)->next = slot->next;
	else
		pool->first = slot->next;
	if (slot->next)
		dnat_slot(pool, slot->next)->prev = slot->prev;
	else
		pool->last = slot->prev;
	slot->prev = 0;
	slot->next = 0;
}

static bool dnat_chunk_in_range(struct dnat_range range, unsigned int index)
{
	return index >= range.min >> DNAT_CHUNK_SHIFT &&
	       index <= range.max >> DNAT_CHUNK_SHIFT;
}

/* Offer what may be taken of a chunk: in front of all if it is as good as
 * never used.
 */
static void dnat_chunk_offer(struct dnat_pool *pool, unsigned int index)
{
	unsigned int first = index << DNAT_CHUNK_SHIFT;
	unsigned int port;
	u16 prev = 0;

	for (port = first; port < first + DNAT_CHUNK_SLOTS; port++) {
		const struct dnat_slot *slot = dnat_slot(pool, port);

		if (!dnat_in_range(pool->range, port) || slot->owner ||
		    dnat_listed(pool, port))
			continue;
		if (dnat_quiet(slot->stamp)) {
			dnat_link(pool, port, prev);
			prev = port;
		} else {
			dnat_link(pool, port, pool->last);
		}
	}
}

static bool dnat_chunk_make(struct dnat_pool *pool, unsigned int index)
{
	struct dnat_chunk *chunk;
	unsigned int i;

	chunk = kzalloc(sizeof(*chunk), GFP_ATOMIC | __GFP_NOWARN);
	if (!chunk)
		return false;

	chunk->stamp = (u32)jiffies - DNAT_QUIET;
	for (i = 0; i < DNAT_CHUNK_SLOTS; i++)
		chunk->slot[i].stamp = chunk->stamp;
	pool->chunk[index] = chunk;
	pool->absent--;
	dnat_chunk_offer(pool, index);
	return true;
}

/* Make one more chunk, if there is one to be made. */
static void dnat_chunk_next(struct dnat_pool *pool)
{
	unsigned int i, index;

	if (!pool->absent)
		return;

	for (i = 0; i < DNAT_CHUNKS; i++) {
		index = (pool->start + i) % DNAT_CHUNKS;
		if (pool->chunk[index] ||
		    !dnat_chunk_in_range(pool->range, index))
			continue;
		if (dnat_chunk_make(pool, index))
			pool->start = index;
		return;
	}
}

static void dnat_chunk_free(struct dnat_pool *pool, unsigned int index)
{
	unsigned int first = index << DNAT_CHUNK_SHIFT;
	unsigned int port;

	for (port = first; port < first + DNAT_CHUNK_SLOTS; port++)
		if (dnat_listed(pool, port))
			dnat_unlink(pool, port);
	kfree(pool->chunk[index]);
	pool->chunk[index] = NULL;
	if (dnat_chunk_in_range(pool->range, index))
		pool->absent++;
}

/* Each port that comes back pays for a look at one chunk. */
static void dnat_pool_sweep(struct dnat_pool *pool)
{
	unsigned int index = pool->sweep;
	const struct dnat_chunk *chunk = pool->chunk[index];

	pool->sweep = (index + 1) % DNAT_CHUNKS;
	if (chunk && !chunk->taken && dnat_quiet(chunk->stamp))
		dnat_chunk_free(pool, index);
}

static void dnat_pool_init_range(struct dnat_pool *pool,
				 struct dnat_range range)
{
	unsigned int index;

	pool->range = range;
	pool->absent = 0;
	for (index = 0; index < DNAT_CHUNKS; index++)
		if (!pool->chunk[index] && dnat_chunk_in_range(range, index))
			pool->absent++;
}

static struct dnat_pool *dnat_pool_alloc(const struct dnat_pool_key *key)
{
	struct dnat_pool *pool;
	int i;

	pool = kzalloc(sizeof(*pool), GFP_ATOMIC | __GFP_NOWARN);
	if (!pool)
		return NULL;

	pool->chunk = kcalloc(DNAT_CHUNKS, sizeof(*pool->chunk),
			      GFP_ATOMIC | __GFP_NOWARN);
	if (!pool->chunk) {
		kfree(pool);
		return NULL;
	}

	pool->key = *key;
	refcount_set(&pool->users, 2);
	spin_lock_init(&pool->lock);
	for (i = 0; i < DNAT_CLASS_COUNT; i++)
		INIT_LIST_HEAD(&pool->conns[i]);

	/* The backend may still hold TIME_WAIT for the ports that this machine
	 * gave out last before it was booted.
	 */
	pool->start = reciprocal_scale(get_random_u32(), DNAT_CHUNKS);
	pool->stamp = (u32)jiffies;
	return pool;
}

static void dnat_pool_free(struct dnat_pool *pool)
{
	unsigned int i;

	for (i = 0; i < DNAT_CHUNKS; i++)
		kfree(pool->chunk[i]);
	kfree(pool->chunk);
	kfree(pool);
}

static void dnat_pool_free_rcu(struct rcu_head *rcu)
{
	dnat_pool_free(container_of(rcu, struct dnat_pool, rcu));
}

static struct dnat_pool *dnat_pool_lookup(struct dnat_vdports *vdports,
					  const struct dnat_pool_key *key)
{
	struct dnat_pool *pool;

	pool = rhashtable_lookup(&vdports->pools, key, dnat_pool_params);
	return pool && refcount_inc_not_zero(&pool->users) ? pool : NULL;
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

	pool = dnat_pool_lookup(vdports, key);
	if (pool)
		return pool;

	fresh = dnat_pool_alloc(key);
	if (!fresh)
		return NULL;

	/* Under the lock no pool in the table is without a user. */
	spin_lock_bh(&vdports->lock);
	dnat_pool_init_range(fresh, vdports->range);
	pool = rhashtable_lookup_get_insert_fast(&vdports->pools, &fresh->node,
						 dnat_pool_params);
	if (!pool)
		pool = fresh;
	else if (!IS_ERR(pool))
		refcount_inc(&pool->users);
	spin_unlock_bh(&vdports->lock);

	if (pool != fresh)
		dnat_pool_free(fresh);
	return IS_ERR(pool) ? NULL : pool;
}

/**
 * dnat_pool_put - stop using a pool
 * @pool: from dnat_pool_get(); its user's port has been given back
 *
 * Context: any but hard interrupt.
 */
void dnat_pool_put(struct dnat_pool *pool)
{
	if (refcount_dec_and_test(&pool->users))
		call_rcu(&pool->rcu, dnat_pool_free_rcu);
}

/* Add one to one of the pool's counters. */
void dnat_pool_count(struct dnat_pool *pool, u64 *counter)
{
	spin_lock_bh(&pool->lock);
	++*counter;
	spin_unlock_bh(&pool->lock);
}

/**
 * dnat_pool_info - how a pool stands, all of one moment
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
	spin_unlock_bh(&pool->lock);
}

/**
 * dnat_vdport_take - take the port that has been free longest
 * @pool: in use by the caller
 * @owner: who will hold it
 *
 * Ports that were never used are free longest, but for one that nobody can
 * remember any more no memory is spent on them.
 *
 * Context: any but hard interrupt.
 * Return: the port in host byte order, or -ENOSPC
 */
int dnat_vdport_take(struct dnat_pool *pool, struct dnat_conn *owner)
{
	struct dnat_slot *slot;
	u16 port;

	spin_lock_bh(&pool->lock);
	if (!pool->first || !dnat_quiet(dnat_slot(pool, pool->first)->stamp))
		dnat_chunk_next(pool);

	port = pool->first;
	if (port) {
		dnat_unlink(pool, port);
		slot = dnat_slot(pool, port);
		slot->owner = owner;
		pool->chunk[port >> DNAT_CHUNK_SHIFT]->taken++;
		pool->taken++;
	}
	spin_unlock_bh(&pool->lock);
	return port ?: -ENOSPC;
}

/**
 * dnat_vdport_recall - may a backend remember this port?
 * @pool: it was taken from
 * @port: host byte order, held by the caller
 * @last_seq: as it was given back with, if so
 *
 * Context: any.
 */
bool dnat_vdport_recall(const struct dnat_pool *pool, u16 port, u32 *last_seq)
{
	const struct dnat_slot *slot = dnat_slot(pool, port);

	*last_seq = slot->last_seq;
	return !dnat_quiet(slot->stamp);
}

/* Take the port from its owner, and hand it out again if @offer. */
static void dnat_slot_free(struct dnat_pool *pool, u16 port, bool offer)
{
	struct dnat_slot *slot = dnat_slot(pool, port);

	lockdep_assert_held(&pool->lock);

	if (WARN_ON_ONCE(!slot->owner))
		return;
	slot->owner = NULL;
	pool->chunk[port >> DNAT_CHUNK_SHIFT]->taken--;
	pool->taken--;
	if (offer && dnat_in_range(pool->range, port))
		dnat_link(pool, port, pool->last);
}

/**
 * dnat_vdport_give - give a port back
 * @pool: it was taken from
 * @port: host byte order
 * @last_seq: for dnat_vdport_recall()
 *
 * Context: any but hard interrupt.
 */
void dnat_vdport_give(struct dnat_pool *pool, u16 port, u32 last_seq)
{
	struct dnat_slot *slot;

	spin_lock_bh(&pool->lock);
	slot = dnat_slot(pool, port);
	slot->last_seq = last_seq;
	slot->stamp = (u32)jiffies;
	pool->chunk[port >> DNAT_CHUNK_SHIFT]->stamp = slot->stamp;
	pool->stamp = slot->stamp;
	dnat_slot_free(pool, port, true);
	dnat_pool_sweep(pool);
	spin_unlock_bh(&pool->lock);
}

/**
 * dnat_vdport_skip - give a port back that was not used, and try it last
 * @pool: it was taken from
 * @port: host byte order
 *
 * Context: any but hard interrupt.
 */
void dnat_vdport_skip(struct dnat_pool *pool, u16 port)
{
	spin_lock_bh(&pool->lock);
	dnat_slot_free(pool, port, true);
	spin_unlock_bh(&pool->lock);
}

/**
 * dnat_vdport_retire - give a port back that is not to be handed out again
 * @pool: it was taken from
 * @port: host byte order
 *
 * It stays away until its chunk is made anew or the range is set.
 *
 * Context: any but hard interrupt.
 */
void dnat_vdport_retire(struct dnat_pool *pool, u16 port)
{
	spin_lock_bh(&pool->lock);
	dnat_slot_free(pool, port, false);
	spin_unlock_bh(&pool->lock);
}

/**
 * dnat_pools_walk - call a function for each pool
 * @vdports: whose
 * @fn: called under rcu_read_lock(); twice for a pool where the table is being
 *	resized
 * @arg: for @fn
 *
 * Context: process.
 */
void dnat_pools_walk(struct dnat_vdports *vdports,
		     void (*fn)(struct dnat_pool *pool, void *arg), void *arg)
{
	struct rhashtable_iter iter;
	struct dnat_pool *pool;

	rhashtable_walk_enter(&vdports->pools, &iter);
	rhashtable_walk_start(&iter);
	while ((pool = rhashtable_walk_next(&iter)))
		if (!IS_ERR(pool))
			fn(pool, arg);
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
}

/* Ports in use that fall out of the range stay with their owners. */
static void dnat_pool_set_range(struct dnat_pool *pool, void *arg)
{
	const struct dnat_range range = *(const struct dnat_range *)arg;
	unsigned int index, port, next;

	spin_lock_bh(&pool->lock);
	dnat_pool_init_range(pool, range);
	for (port = pool->first; port; ) {
		next = dnat_slot(pool, port)->next;
		if (!dnat_in_range(range, port))
			dnat_unlink(pool, port);
		port = next;
	}
	for (index = 0; index < DNAT_CHUNKS; index++)
		if (pool->chunk[index])
			dnat_chunk_offer(pool, index);
	spin_unlock_bh(&pool->lock);
}

/**
 * dnat_vdports_set_range - set the range of all pools, of today and to come
 * @vdports: whose
 * @range: checked by the caller
 *
 * Context: process.
 */
void dnat_vdports_set_range(struct dnat_vdports *vdports,
			    struct dnat_range range)
{
	spin_lock_bh(&vdports->lock);
	vdports->range = range;
	spin_unlock_bh(&vdports->lock);
	dnat_pools_walk(vdports, dnat_pool_set_range, &range);
}

/**
 * dnat_vdports_range - the range of the pools
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

/* Does nobody need @pool, nor what it remembers? */
static bool dnat_pool_stale(struct dnat_pool *pool)
{
	bool stale;

	spin_lock_bh(&pool->lock);
	stale = !pool->taken && dnat_quiet(pool->stamp);
	spin_unlock_bh(&pool->lock);
	return stale;
}

static void dnat_pool_gc(struct dnat_pool *pool, void *arg)
{
	struct dnat_vdports *vdports = arg;

	if (!dnat_pool_stale(pool))
		return;

	/* the table's own; nobody can come by while it is the last */
	spin_lock_bh(&vdports->lock);
	if (refcount_dec_if_one(&pool->users)) {
		rhashtable_remove_fast(&vdports->pools, &pool->node,
				       dnat_pool_params);
		call_rcu(&pool->rcu, dnat_pool_free_rcu);
	}
	spin_unlock_bh(&vdports->lock);
}

static void dnat_vdports_gc(struct work_struct *work)
{
	struct dnat_vdports *vdports = container_of(to_delayed_work(work),
						    struct dnat_vdports, gc);

	dnat_pools_walk(vdports, dnat_pool_gc, vdports);
	schedule_delayed_work(&vdports->gc, DNAT_GC_PERIOD);
}

/**
 * dnat_vdports_init - get ready to hand out vdports, in the default range
 * @vdports: embedded in a netns's state
 *
 * Context: process.
 * Return: 0 or a negative errno
 */
int dnat_vdports_init(struct dnat_vdports *vdports)
{
	int err;

	spin_lock_init(&vdports->lock);
	vdports->range.min = DNAT_PORT_MIN_DEFAULT;
	vdports->range.max = DNAT_PORT_MAX_DEFAULT;
	err = rhashtable_init(&vdports->pools, &dnat_pool_params);
	if (err)
		return err;

	INIT_DEFERRABLE_WORK(&vdports->gc, dnat_vdports_gc);
	schedule_delayed_work(&vdports->gc, DNAT_GC_PERIOD);
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
 * @vdports: no port of which may be taken any more
 *
 * Pools are freed by call_rcu().
 *
 * Context: process.
 */
void dnat_vdports_clean(struct dnat_vdports *vdports)
{
	cancel_delayed_work_sync(&vdports->gc);
	rhashtable_free_and_destroy(&vdports->pools, dnat_pool_clean, NULL);
}
