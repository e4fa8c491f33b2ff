/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Background work that keeps ports free before they are needed.
 *
 * Ending a closed connection costs as much as making one, so new connections
 * should not have to do it.  When fewer than 1/16 of a pool's ports are free,
 * the work ends connections in TIME_WAIT or CLOSE, oldest first, until 2/16
 * are free.
 *
 * The work also asks conntrack whether the ports found in use by others (local
 * processes, for example) are free again.  If new connections have met many
 * such ports, it asks about all ports of the pool, so that the next ones meet
 * few.
 */
#ifndef DNAT_AHEAD_H
#define DNAT_AHEAD_H

#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "pool.h"

struct dnat_ahead {
	struct net *net;
	struct work_struct work;
	spinlock_t lock;	/* @pools and the ahead_node of its pools */
	struct list_head pools;	/* to work on, with a reference to each */
};

void dnat_ahead_init(struct dnat_ahead *ahead, struct net *net);
void dnat_ahead_clean(struct dnat_ahead *ahead);
void dnat_ahead_queue(struct dnat_ahead *ahead, struct dnat_pool *pool);

/* Is it time to check the ports in use by others? */
static inline bool dnat_ahead_asks(const struct dnat_pool *pool)
{
	return dnat_vdport_any_held(pool) &&
	       (READ_ONCE(pool->met) >= DNAT_ASK_ALL ||
		(u32)jiffies - READ_ONCE(pool->asked) >=
			READ_ONCE(pool->ask_period));
}

/**
 * dnat_ahead_check - queue the background work for a pool if it needs it
 * @ahead: of the pool's netns
 * @pool: that a port was just taken from, or wanted; in use by the caller
 *
 * Context: softirq.
 */
static inline void dnat_ahead_check(struct dnat_ahead *ahead,
				    struct dnat_pool *pool)
{
	if (((dnat_vdport_scarce(pool, 1) &&
	      READ_ONCE(pool->n_conns[DNAT_CLASS_CLOSED])) ||
	     unlikely(dnat_ahead_asks(pool))) &&
	    list_empty_careful(&pool->ahead_node))
		dnat_ahead_queue(ahead, pool);
}

#endif /* DNAT_AHEAD_H */
