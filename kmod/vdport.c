// SPDX-License-Identifier: GPL-2.0-only
#include <linux/random.h>
#include <linux/slab.h>

#include "slot.h"

static struct kmem_cache *dnat_chunk_cache __read_mostly;

static bool dnat_in_range(struct dnat_range range, u16 port)
{
	return port >= range.min && port <= range.max;
}

/* Insert a port that is in no list into @list after @prev; 0: at the front. */
static void dnat_link(struct dnat_pool *pool, enum dnat_list list, u16 port,
		      u16 prev)
{
	struct dnat_ports *ports = &pool->ports[list];
	struct dnat_slot *slot = dnat_slot(pool, port);
	u16 next = prev ? dnat_slot(pool, prev)->next : ports->first;

	lockdep_assert_held(&pool->lock);

	ports->n++;
	slot->list = list;
	slot->prev = prev;
	slot->next = next;
	if (prev)
		dnat_slot(pool, prev)->next = port;
	else
		ports->first = port;
	if (next)
		dnat_slot(pool, next)->prev = port;
	else
		ports->last = port;
}

void dnat_link_last(struct dnat_pool *pool, enum dnat_list list, u16 port)
{
	dnat_link(pool, list, port, pool->ports[list].last);
}

void dnat_unlink(struct dnat_pool *pool, u16 port)
{
	struct dnat_slot *slot = dnat_slot(pool, port);
	struct dnat_ports *ports = &pool->ports[slot->list];

	lockdep_assert_held(&pool->lock);

	ports->n--;
	if (slot->prev)
		dnat_slot(pool, slot->prev)->next = slot->next;
	else
		ports->first = slot->next;
	if (slot->next)
		dnat_slot(pool, slot->next)->prev = slot->prev;
	else
		ports->last = slot->prev;
	slot->list = DNAT_LIST_NONE;
}

static bool dnat_chunk_in_range(struct dnat_range range, unsigned int index)
{
	return index >= range.min >> DNAT_CHUNK_SHIFT &&
	       index <= range.max >> DNAT_CHUNK_SHIFT;
}

/* Put the ports of a chunk that may be taken into the free list: at its front
 * if no backend remembers them, at its end otherwise.
 */
static void dnat_chunk_offer(struct dnat_pool *pool, unsigned int index)
{
	unsigned int first = index << DNAT_CHUNK_SHIFT;
	unsigned int port;
	u16 prev = 0;

	for (port = first; port < first + DNAT_CHUNK_SLOTS; port++) {
		const struct dnat_slot *slot = dnat_slot(pool, port);

		if (!dnat_in_range(pool->range, port) || slot->owner ||
		    slot->list)
			continue;
		if (dnat_quiet(slot->stamp)) {
			dnat_link(pool, DNAT_LIST_FREE, port, prev);
			prev = port;
		} else {
			dnat_link_last(pool, DNAT_LIST_FREE, port);
		}
	}
}

static bool dnat_chunk_make(struct dnat_pool *pool, unsigned int index)
{
	struct dnat_chunk *chunk;
	unsigned int i;

	if (!dnat_block_get(pool->blocks))
		return false;
	chunk = kmem_cache_zalloc(dnat_chunk_cache, DNAT_GFP_PACKET);
	if (!chunk) {
		dnat_block_put(pool->blocks);
		return false;
	}

	chunk->stamp = dnat_forgotten();
	for (i = 0; i < DNAT_CHUNK_SLOTS; i++)
		chunk->slot[i].stamp = chunk->stamp;
	WRITE_ONCE(pool->chunk[index], chunk);
	pool->absent--;
	pool->made++;
	dnat_chunk_offer(pool, index);
	return true;
}

/* Allocate the next chunk of the range, if one is missing. */
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

static void dnat_chunk_drop(struct dnat_pool *pool, struct dnat_chunk *chunk)
{
	kmem_cache_free(dnat_chunk_cache, chunk);
	dnat_block_put(pool->blocks);
}

static void dnat_chunk_free(struct dnat_pool *pool, unsigned int index)
{
	unsigned int first = index << DNAT_CHUNK_SHIFT;
	unsigned int port;

	for (port = first; port < first + DNAT_CHUNK_SLOTS; port++)
		if (dnat_slot(pool, port)->list)
			dnat_unlink(pool, port);
	dnat_chunk_drop(pool, pool->chunk[index]);
	WRITE_ONCE(pool->chunk[index], NULL);
	pool->made--;
	if (dnat_chunk_in_range(pool->range, index))
		pool->absent++;
}

static void dnat_vdport_init_range(struct dnat_pool *pool,
				   struct dnat_range range)
{
	unsigned int index;

	pool->range = range;
	pool->absent = 0;
	for (index = 0; index < DNAT_CHUNKS; index++)
		if (!pool->chunk[index] && dnat_chunk_in_range(range, index))
			pool->absent++;
}

/* Take a port out of its list and give it to @owner. */
void dnat_slot_take(struct dnat_pool *pool, u16 port,
		    struct dnat_conn *owner)
{
	dnat_unlink(pool, port);
	dnat_slot(pool, port)->owner = owner;
	pool->chunk[port >> DNAT_CHUNK_SHIFT]->taken++;
	pool->taken++;
}

/**
 * dnat_vdport_take - take the port that has been free longest
 * @pool: in use by the caller
 * @owner: the connection that gets it
 *
 * Ports that were never used count as free longest.  But no chunk is allocated
 * for them while the first free port is one that no backend remembers.
 *
 * Context: any but hard interrupt.
 * Return: the port in host byte order; -ENOSPC if none is free; -ENOMEM if a
 *	chunk with free ports cannot be allocated
 */
int dnat_vdport_take(struct dnat_pool *pool, struct dnat_conn *owner)
{
	struct dnat_ports *ports = &pool->ports[DNAT_LIST_FREE];
	int port;

	spin_lock_bh(&pool->lock);
	if (!ports->first || !dnat_quiet(dnat_slot(pool, ports->first)->stamp))
		dnat_chunk_next(pool);

	port = ports->first;
	if (port)
		dnat_slot_take(pool, port, owner);
	else
		port = pool->absent ? -ENOMEM : -ENOSPC;
	spin_unlock_bh(&pool->lock);
	return port;
}

/**
 * dnat_vdport_recall - may a backend remember this port?
 * @pool: that the port was taken from
 * @port: host byte order, taken by the caller
 * @last_seq: result: as passed to dnat_vdport_give(); valid only if true is
 *	returned
 *
 * Context: any.
 */
bool dnat_vdport_recall(const struct dnat_pool *pool, u16 port, u32 *last_seq)
{
	const struct dnat_slot *slot = dnat_slot(pool, port);

	*last_seq = slot->last_seq;
	return !dnat_quiet(slot->stamp);
}

/* Take a port from its owner and put it into @list.  A port out of the range
 * goes into no list.
 */
void dnat_slot_free(struct dnat_pool *pool, u16 port, enum dnat_list list)
{
	struct dnat_slot *slot = dnat_slot(pool, port);

	lockdep_assert_held(&pool->lock);

	if (WARN_ON_ONCE(!slot->owner))
		return;
	slot->owner = NULL;
	pool->chunk[port >> DNAT_CHUNK_SHIFT]->taken--;
	pool->taken--;
	if (list && dnat_in_range(pool->range, port))
		dnat_link_last(pool, list, port);
}

static u32 dnat_stamp_newest(u32 a, u32 b)
{
	return (s32)(a - b) > 0 ? a : b;
}

/**
 * dnat_vdport_give - give back a port after its connection ended
 * @pool: that the port was taken from
 * @port: host byte order
 * @last_seq: TCP sequence number, host byte order, for dnat_vdport_recall()
 * @stamp: jiffies of the connection's last packet, or dnat_forgotten()
 *
 * Context: any but hard interrupt.
 */
void dnat_vdport_give(struct dnat_pool *pool, u16 port, u32 last_seq, u32 stamp)
{
	u32 rest = dnat_forgotten() + DNAT_REST;
	struct dnat_chunk *chunk;
	struct dnat_slot *slot;

	spin_lock_bh(&pool->lock);
	slot = dnat_slot(pool, port);
	slot->last_seq = last_seq;
	slot->stamp = stamp;
	slot->given = dnat_seconds();
	chunk = pool->chunk[port >> DNAT_CHUNK_SHIFT];
	stamp = dnat_stamp_newest(stamp, rest);
	chunk->stamp = dnat_stamp_newest(chunk->stamp, stamp);
	pool->stamp = dnat_stamp_newest(pool->stamp, stamp);
	pool->idle = (u32)jiffies;
	dnat_slot_free(pool, port, DNAT_LIST_FREE);
	spin_unlock_bh(&pool->lock);
}

/**
 * dnat_vdport_sweep - free the chunks whose ports no backend remembers
 * @pool: in the table; only one sweep of it runs at a time
 *
 * Context: process.
 */
void dnat_vdport_sweep(struct dnat_pool *pool)
{
	const struct dnat_chunk *chunk;
	unsigned int i;

	for (i = 0; i < DNAT_CHUNKS; i++) {
		if (!READ_ONCE(pool->chunk[i]))
			continue;
		spin_lock_bh(&pool->lock);
		chunk = pool->chunk[i];
		if (!chunk->taken && dnat_quiet(chunk->stamp))
			dnat_chunk_free(pool, i);
		spin_unlock_bh(&pool->lock);
	}
}

/**
 * dnat_vdport_skip - give back an unused port, to the end of the free list
 * @pool: that the port was taken from
 * @port: host byte order
 *
 * Context: any but hard interrupt.
 */
void dnat_vdport_skip(struct dnat_pool *pool, u16 port)
{
	spin_lock_bh(&pool->lock);
	dnat_slot_free(pool, port, DNAT_LIST_FREE);
	spin_unlock_bh(&pool->lock);
}

/**
 * dnat_vdport_retire - give back a port that must not be taken again
 * @pool: that the port was taken from
 * @port: host byte order
 *
 * It stays out of the free list until its chunk is allocated again, the range
 * is set, or dnat_vdport_offer() is called for its chunk.
 *
 * Context: any but hard interrupt.
 */
void dnat_vdport_retire(struct dnat_pool *pool, u16 port)
{
	spin_lock_bh(&pool->lock);
	dnat_slot_free(pool, port, DNAT_LIST_NONE);
	spin_unlock_bh(&pool->lock);
}

/**
 * dnat_vdport_pass - make the next port come from another chunk
 * @pool: in use by the caller
 * @port: that could not be used, host byte order
 *
 * Ports in use by others often follow one another.  One connection must not
 * have to try all of them.
 *
 * Context: any but hard interrupt.
 */
void dnat_vdport_pass(struct dnat_pool *pool, u16 port)
{
	struct dnat_ports *ports = &pool->ports[DNAT_LIST_FREE];
	u16 next, last = 0;

	spin_lock_bh(&pool->lock);
	if (pool->absent) {
		dnat_chunk_next(pool);
		goto out;
	}
	for (next = ports->first;
	     next && next >> DNAT_CHUNK_SHIFT == port >> DNAT_CHUNK_SHIFT;
	     next = dnat_slot(pool, next)->next)
		last = next;
	if (!last || !next)
		goto out;

	/* move the ports up to @last from the front to the end */
	dnat_slot(pool, ports->last)->next = ports->first;
	dnat_slot(pool, ports->first)->prev = ports->last;
	dnat_slot(pool, last)->next = 0;
	dnat_slot(pool, next)->prev = 0;
	ports->first = next;
	ports->last = last;
out:
	spin_unlock_bh(&pool->lock);
}

/**
 * dnat_vdport_used_chunk - find the next chunk that has a port in use
 * @pool: with its lock held
 * @port: port to start at, host byte order; chunks without a port in use are
 *	skipped, and it becomes the first port after them, or 65536 at the end
 *
 * For walks that drop the lock after each chunk.
 *
 * Return: the first port after @port's chunk
 */
unsigned int dnat_vdport_used_chunk(const struct dnat_pool *pool,
				    unsigned int *port)
{
	const struct dnat_chunk *chunk;

	lockdep_assert_held(&pool->lock);

	while (*port <= DNAT_PORT_LIMIT_MAX) {
		chunk = pool->chunk[*port >> DNAT_CHUNK_SHIFT];
		if (chunk && chunk->taken)
			break;
		*port = ALIGN(*port + 1, DNAT_CHUNK_SLOTS);
	}
	return min_t(unsigned int, ALIGN(*port + 1, DNAT_CHUNK_SLOTS),
		     DNAT_PORT_LIMIT_MAX + 1);
}

/**
 * dnat_vdport_owner - the connection that has a port
 * @pool: with its lock held
 * @port: host byte order, in a chunk from dnat_vdport_used_chunk()
 *
 * Return: the owner, valid while the lock is held, or NULL
 */
struct dnat_conn *dnat_vdport_owner(const struct dnat_pool *pool, u16 port)
{
	lockdep_assert_held(&pool->lock);

	return dnat_slot(pool, port)->owner;
}

/**
 * dnat_vdport_offer - put the retired ports of a chunk into the free list
 * @pool: under rcu_read_lock() or in use
 * @port: any port of the chunk, host byte order
 *
 * Context: any but hard interrupt.
 */
void dnat_vdport_offer(struct dnat_pool *pool, u16 port)
{
	unsigned int index = port >> DNAT_CHUNK_SHIFT;

	spin_lock_bh(&pool->lock);
	if (pool->chunk[index])
		dnat_chunk_offer(pool, index);
	spin_unlock_bh(&pool->lock);
}

/* Remove the ports that are out of the range from a list. */
static void dnat_list_trim(struct dnat_pool *pool, enum dnat_list list)
{
	u16 port, next;

	for (port = pool->ports[list].first; port; port = next) {
		next = dnat_slot(pool, port)->next;
		if (!dnat_in_range(pool->range, port))
			dnat_unlink(pool, port);
	}
}

/**
 * dnat_vdport_set_range - change the port range of a pool
 * @pool: under rcu_read_lock() or in use
 * @range: checked by the caller
 *
 * Connections keep a port that is out of the new range.
 *
 * Context: any but hard interrupt.
 */
void dnat_vdport_set_range(struct dnat_pool *pool, struct dnat_range range)
{
	unsigned int index;

	spin_lock_bh(&pool->lock);
	dnat_vdport_init_range(pool, range);
	dnat_list_trim(pool, DNAT_LIST_FREE);
	dnat_list_trim(pool, DNAT_LIST_HELD);
	for (index = 0; index < DNAT_CHUNKS; index++)
		if (pool->chunk[index])
			dnat_chunk_offer(pool, index);
	spin_unlock_bh(&pool->lock);
}

/**
 * dnat_vdport_init - set up the ports of a pool, with an empty range
 * @pool: new, all zeros
 *
 * Context: any but hard interrupt.
 * Return: 0 or -ENOMEM
 */
int dnat_vdport_init(struct dnat_pool *pool)
{
	pool->chunk = kcalloc(DNAT_CHUNKS, sizeof(*pool->chunk),
			      DNAT_GFP_PACKET);
	if (!pool->chunk)
		return -ENOMEM;

	spin_lock_init(&pool->lock);
	/* Start at a random chunk: the backend may still be in TIME_WAIT for
	 * the ports that this machine used just before it was rebooted.
	 */
	pool->start = reciprocal_scale(get_random_u32(), DNAT_CHUNKS);
	pool->stamp = (u32)jiffies;
	pool->idle = pool->stamp;
	return 0;
}

/**
 * dnat_vdport_clean - undo dnat_vdport_init()
 * @pool: without readers
 *
 * Context: any.
 */
void dnat_vdport_clean(struct dnat_pool *pool)
{
	unsigned int i;

	for (i = 0; i < DNAT_CHUNKS; i++)
		if (pool->chunk[i])
			dnat_chunk_drop(pool, pool->chunk[i]);
	kfree(pool->chunk);
}

/**
 * dnat_vdport_setup - create the cache for chunks
 *
 * Context: process.
 * Return: 0 or -ENOMEM
 */
int dnat_vdport_setup(void)
{
	/* kmalloc() would use a quarter more memory */
	dnat_chunk_cache = KMEM_CACHE(dnat_chunk, 0);
	return dnat_chunk_cache ? 0 : -ENOMEM;
}

/**
 * dnat_vdport_teardown - undo dnat_vdport_setup()
 *
 * All pools must be freed.
 *
 * Context: process.
 */
void dnat_vdport_teardown(void)
{
	kmem_cache_destroy(dnat_chunk_cache);
}
