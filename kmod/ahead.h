/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports that are taken back ahead of need.
 *
 * To end a closed connection takes as long as to make one.  So a pool that has
 * few free ports left, and connections in TIME_WAIT or CLOSE that hold others,
 * has some of these ended in the background, the oldest first: a SYN finds a
 * free port, however long the balancer has been busy.
 */
#ifndef DNAT_AHEAD_H
#define DNAT_AHEAD_H

#include <linux/workqueue.h>

#include "pool.h"

struct dnat_ahead {
	struct work_struct work;
	spinlock_t lock;	/* @pools, and the ahead_node of those in it */
	struct list_head pools;	/* with a reference to each */
};

void dnat_ahead_init(struct dnat_ahead *ahead);
void dnat_ahead_clean(struct dnat_ahead *ahead);
void dnat_ahead_queue(struct dnat_ahead *ahead, struct dnat_pool *pool);

/**
 * dnat_ahead_check - see to it that a pool has free ports
 * @ahead: of its netns
 * @pool: from which a port was taken
 *
 * Context: softirq.
 */
static inline void dnat_ahead_check(struct dnat_ahead *ahead,
				    struct dnat_pool *pool)
{
	if (dnat_vdport_scarce(pool, 1) &&
	    READ_ONCE(pool->n_conns[DNAT_CLASS_CLOSED]) &&
	    list_empty_careful(&pool->ahead_node))
		dnat_ahead_queue(ahead, pool);
}

#endif /* DNAT_AHEAD_H */
