/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pools of vdports of a network namespace.  A pool is made for the first
 * connection to its backend.  Garbage collection frees it when no connection
 * uses it and no backend can remember a connection from one of its ports.
 */
#ifndef DNAT_POOL_H
#define DNAT_POOL_H

#include <linux/workqueue.h>

#include "vdport.h"

struct dnat_vdports {
	struct dnat_vips vips;
	struct rhashtable pools;
	spinlock_t lock;	/* @range, @list, @n and changes of @pools */
	struct list_head list;	/* all pools, oldest first, read under RCU */
	unsigned int n;		/* length of @list */
	struct dnat_range range;
	struct delayed_work gc;		/* runs while there are pools */
	struct work_struct begin;	/* queued when @n goes from 0 to 1 */
};

struct dnat_pool_info {
	struct dnat_range range;
	unsigned int taken;
	unsigned int n_conns[DNAT_CLASS_COUNT];
	u64 reclaimed;
	u64 failed;
	u64 unanswered;
};

int dnat_vdports_init(struct dnat_vdports *vdports, work_func_t begin);
void dnat_vdports_clean(struct dnat_vdports *vdports);

/* A walk through all pools.  The caller may sleep at each pool. */
struct dnat_walk {
	struct dnat_vdports *vdports;
	struct dnat_pool *pool;		/* holds a reference; NULL: at the end */
};

void dnat_walk_start(struct dnat_walk *walk, struct dnat_vdports *vdports);
void dnat_walk_next(struct dnat_walk *walk);
void dnat_walk_done(struct dnat_walk *walk);

void dnat_vdports_set_range(struct dnat_vdports *vdports,
			    struct dnat_range range);
struct dnat_range dnat_vdports_range(struct dnat_vdports *vdports);

struct dnat_pool *dnat_pool_find(struct dnat_vdports *vdports,
				 const struct dnat_pool_key *key);
struct dnat_pool *dnat_pool_get(struct dnat_vdports *vdports,
				const struct dnat_pool_key *key);
void dnat_pool_put(struct dnat_pool *pool);
void dnat_pool_count(struct dnat_pool *pool, u64 *counter);
void dnat_pool_info(struct dnat_pool *pool, struct dnat_pool_info *info);

void dnat_vdports_offer(struct dnat_vdports *vdports,
			const struct dnat_vip_key *key, u16 port);

#endif /* DNAT_POOL_H */
