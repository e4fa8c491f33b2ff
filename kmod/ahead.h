/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done for free ports ahead of need.
 *
 * To end a closed connection takes as long as to make one.  So a pool that has
 * few free ports left, and connections in TIME_WAIT or CLOSE that hold others,
 * has some of these ended in the background, the oldest first: a SYN finds a
 * free port, however long the balancer has been busy.
 *
 * And where others, such as local processes, were found to hold ports, conntrack
 * is asked whether they still do; where SYNs have met many of them, it is asked
 * for all ports.  So a SYN meets few of them, however many there are.
 */
#ifndef DNAT_AHEAD_H
#define DNAT_AHEAD_H

#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "pool.h"

struct dnat_ahead {
	struct net *net;
	struct work_struct work;
	spinlock_t lock;	/* @pools, and the ahead_node of those in it */
	struct list_head pools;	/* with a reference to each */
};

void dnat_ahead_init(struct dnat_ahead *ahead, struct net *net);
void dnat_ahead_clean(struct dnat_ahead *ahead);
void dnat_ahead_queue(struct dnat_ahead *ahead, struct dnat_pool *pool);

/* Is it time to ask which ports others hold? */
static inline bool dnat_ahead_asks(const struct dnat_pool *pool)
{
	return dnat_vdport_any_held(pool) &&
	       (READ_ONCE(pool->met) >= DNAT_ASK_ALL ||
		(u32)jiffies - READ_ONCE(pool->asked) >=
			READ_ONCE(pool->ask_period));
}

/**
 * dnat_ahead_check - see to it that a pool has free ports
 * @ahead: of its netns
 * @pool: in use, from which a port was wanted
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
