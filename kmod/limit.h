/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits on what packets make the module allocate.
 *
 * A rule may leave the backend, its port or the VIP to the client: each packet
 * could then be one for a new pool.  So each network namespace has a limit of
 * pools, of counters and of learned ports.
 *
 * A network namespace that a user namespace other than the initial one owns may
 * be anybody's, and so may many others.  All of these have a number of blocks
 * between them: each pool, chunk, counter and learned port takes one.
 */
#ifndef DNAT_LIMIT_H
#define DNAT_LIMIT_H

#include <linux/atomic.h>
#include <linux/gfp.h>

/* The process that sends the packet is charged.  In softirq there is none. */
#define DNAT_GFP_PACKET (GFP_ATOMIC | __GFP_NOWARN | __GFP_ACCOUNT)

/* In a network namespace.  The ports of VIPs without a named service get half of
 * them at most: strangers who ask for all ports do not shut the others out.
 */
#define DNAT_POOLS_MAX 65536

/* Of up to 5 KB. */
#define DNAT_BLOCKS_MAX 65536

struct dnat_blocks {
	atomic_t n;
};

/* NULL: without limit.  Return: whether there was a block left.  Context: any. */
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
