// SPDX-License-Identifier: GPL-2.0-only
/* Ports in use by others: conntrack has an entry for the backend's tuple that
 * is not one of the module's connections, such as a local process's.
 */
#include "slot.h"

/* The list for a port whose tuple conntrack has.  If the port was given back
 * within the last second or so, the tuple is that of our own connection, which
 * conntrack is about to remove.
 */
static enum dnat_list dnat_list_known(const struct dnat_slot *slot)
{
	return (u16)(dnat_seconds() - slot->given) <= 1 ? DNAT_LIST_FREE :
							  DNAT_LIST_HELD;
}

/**
 * dnat_vdport_hold - give back a port that is in use by others
 * @pool: that the port was taken from
 * @port: host byte order
 *
 * Context: any but hard interrupt.
 */
void dnat_vdport_hold(struct dnat_pool *pool, u16 port)
{
	enum dnat_list list;

	spin_lock_bh(&pool->lock);
	list = dnat_list_known(dnat_slot(pool, port));
	dnat_slot_free(pool, port, list);
	if (list == DNAT_LIST_HELD)
		pool->met++;
	spin_unlock_bh(&pool->lock);
}

/**
 * dnat_vdport_met_many - is a check of all ports due?
 * @pool: in use by the caller
 *
 * Context: any but hard interrupt.
 * Return: true if DNAT_ASK_ALL ports were found in use by others since the last
 *	time; the caller then has to check all ports of @pool
 */
bool dnat_vdport_met_many(struct dnat_pool *pool)
{
	bool many;

	spin_lock_bh(&pool->lock);
	many = pool->met >= DNAT_ASK_ALL;
	if (many)
		pool->met = 0;
	spin_unlock_bh(&pool->lock);
	return many;
}

/**
 * dnat_vdport_next_held - the next port in use by others to check
 * @pool: in use by the caller
 *
 * The port goes to the end of the list.
 *
 * Context: any but hard interrupt.
 * Return: the port whose last check is oldest, host byte order; 0 if there is
 *	none
 */
u16 dnat_vdport_next_held(struct dnat_pool *pool)
{
	u16 port;

	spin_lock_bh(&pool->lock);
	port = pool->ports[DNAT_LIST_HELD].first;
	if (port) {
		dnat_unlink(pool, port);
		dnat_link_last(pool, DNAT_LIST_HELD, port);
	}
	spin_unlock_bh(&pool->lock);
	return port;
}

/**
 * dnat_vdport_take_held - take a port that was in use by others
 * @pool: in use by the caller
 * @owner: the connection; it gives the port back if others still use it
 *
 * Context: any but hard interrupt.
 * Return: the port in host byte order; -ENOENT if the list is empty
 */
int dnat_vdport_take_held(struct dnat_pool *pool, struct dnat_conn *owner)
{
	int port;

	spin_lock_bh(&pool->lock);
	port = pool->ports[DNAT_LIST_HELD].first;
	if (port)
		dnat_slot_take(pool, port, owner);
	else
		port = -ENOENT;
	spin_unlock_bh(&pool->lock);
	return port;
}

/**
 * dnat_vdport_list - the list that a port is in
 * @pool: in use by the caller
 * @port: host byte order
 *
 * Context: any but hard interrupt.
 * Return: the list; DNAT_LIST_NONE also if the port's chunk is not allocated
 */
enum dnat_list dnat_vdport_list(struct dnat_pool *pool, u16 port)
{
	enum dnat_list list = DNAT_LIST_NONE;

	spin_lock_bh(&pool->lock);
	if (pool->chunk[port >> DNAT_CHUNK_SHIFT])
		list = dnat_slot(pool, port)->list;
	spin_unlock_bh(&pool->lock);
	return list;
}

/**
 * dnat_vdport_note - put a port into the list that it belongs to
 * @pool: in use by the caller
 * @port: host byte order; ignored if it is in no list any more
 * @held: whether conntrack has its tuple
 *
 * Context: any but hard interrupt.
 */
void dnat_vdport_note(struct dnat_pool *pool, u16 port, bool held)
{
	struct dnat_slot *slot;
	enum dnat_list list;

	spin_lock_bh(&pool->lock);
	if (!pool->chunk[port >> DNAT_CHUNK_SHIFT])
		goto out;
	slot = dnat_slot(pool, port);
	list = held ? dnat_list_known(slot) : DNAT_LIST_FREE;
	if (slot->list && slot->list != list) {
		dnat_unlink(pool, port);
		dnat_link_last(pool, list, port);
	}
out:
	spin_unlock_bh(&pool->lock);
}
