/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits on the memory that packets can make the module allocate.
 *
 * A rule may let the client choose the backend, its port or the VIP; then each
 * packet could need a new pool.  So each network namespace has a limit of
 * pools, of counters and of learned ports.
 *
 * Any user can make many network namespaces in a user namespace.  All network
 * namespaces that are not owned by the initial user namespace share one limit,
 * counted in blocks: each pool, chunk, counter and learned port is one block.
 */
#ifndef DNAT_LIMIT_H
#define DNAT_LIMIT_H

#include <linux/atomic.h>
#include <linux/gfp.h>

/* Memory is charged to the process that sends the packet, if there is one; in
 * softirq there is none.
 */
#define DNAT_GFP_PACKET (GFP_ATOMIC | __GFP_NOWARN | __GFP_ACCOUNT)

/* In a network namespace.  Pools of VIPs without a named service may use only
 * the first half, so that clients who try all ports of such a VIP leave pools
 * for the named services.
 */
#define DNAT_POOLS_MAX 65536

/* A block is at most 5 KB. */
#define DNAT_BLOCKS_MAX 65536

struct dnat_blocks {
	atomic_t n;
};

/* @blocks: NULL for no limit.  Return: whether a block was left. */
static inline bool dnat_block_get(struct dnat_blocks *blocks)
{
	return !blocks || atomic_add_unless(&blocks->n, 1, DNAT_BLOCKS_MAX);
}

static inline void dnat_block_put(struct dnat_blocks *blocks)
{
	if (blocks)
		atomic_dec(&blocks->n);
}

#endif /* DNAT_LIMIT_H */
