// SPDX-License-Identifier: GPL-2.0-only
/* Ports that others were found to hold, such as local processes. */
#include "slot.h"

/* Where a port belongs that conntrack knows: one that came back a moment ago is
 * only about to leave its table.
 */
static enum dnat_list dnat_list_known(const struct dnat_slot *slot)
{
	return (u16)(dnat_seconds() - slot->given) <= 1 ? DNAT_LIST_FREE :
							  DNAT_LIST_HELD;
}

/**
 * dnat_vdport_hold - give a port back that somebody else has
 * @pool: it was taken from
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
 * dnat_vdport_met_many - are there so many ports of others that all are looked up?
 * @pool: in use by the caller, who will do it
 *
 * Context: any but hard interrupt.
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
 * dnat_vdport_next_held - go through the ports that others were found to hold
 * @pool: in use by the caller
 *
 * Context: any but hard interrupt.
 * Return: the one that was longest not asked for, host byte order; 0: there is
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
 * dnat_vdport_take_held - take a port that somebody else had
 * @pool: in use by the caller
 * @owner: who will hold it, if it turns out to be free now
 *
 * Context: any but hard interrupt.
 * Return: the port in host byte order; -ENOENT when there is none
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
 * Return: DNAT_LIST_NONE also for one whose chunk is not made
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
 * dnat_vdport_note - note whether somebody else has a port
 * @pool: in use by the caller
 * @port: host byte order; that is in a list was seen a moment ago
 * @held: whether he has
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
