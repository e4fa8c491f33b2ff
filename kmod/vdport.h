/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vdports: which source ports are free towards a backend.
 *
 * A vdport is unique for each (vip, l4proto, backend address, backend port)
 * only (paper, 3.2), so N backends use every port N times.  The ports towards
 * one of these are a pool.
 *
 * Every port of the range is a slot of its pool.  Free slots are a list in the
 * order in which they became free, so taking and giving cost the same whatever
 * is in use, and the port that is taken is the one that has been free longest.
 * Those found to be held by others are a list of their own, so that they are
 * come across once, not by every connection.
 * Slots come in chunks; a chunk is made when its first port is needed, and
 * goes when all of its ports have been quiet for long.
 */
#ifndef DNAT_VDPORT_H
#define DNAT_VDPORT_H

#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/netfilter.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>

#include "vip.h"

#define DNAT_PORT_LIMIT_MIN	1
#define DNAT_PORT_LIMIT_MAX	65535
#define DNAT_PORT_MIN_DEFAULT	1024
#define DNAT_PORT_MAX_DEFAULT	65535

#define DNAT_CHUNK_SHIFT	7
#define DNAT_CHUNK_SLOTS	(1 << DNAT_CHUNK_SHIFT)
#define DNAT_CHUNKS		(65536 >> DNAT_CHUNK_SHIFT)

/* Nobody remembers a connection for longer: twice the MSL of RFC 9293. */
#define DNAT_QUIET		(240 * HZ)

/* How often it is asked which ports others hold. */
#define DNAT_ASK_PERIOD		HZ

struct dnat_conn;
struct dnat_counter;

/* Hashed as bytes: fill with zeros first. */
struct dnat_pool_key {
	union nf_inet_addr vip;
	union nf_inet_addr bip;
	__be16 bport;
	u8 l3num;		/* NFPROTO_IPV4 or NFPROTO_IPV6 */
	u8 l4proto;		/* IPPROTO_TCP or IPPROTO_UDP */
};

struct dnat_range {
	u16 min;		/* host byte order, both ends included */
	u16 max;
};

enum dnat_list {
	DNAT_LIST_NONE,
	DNAT_LIST_FREE,		/* longest free first */
	DNAT_LIST_HELD,		/* by others, longest not asked for first */
	DNAT_LIST_COUNT
};

/* One port.  It is taken (it has an owner), or in a list, or neither: out of
 * the range, or not for us.
 */
struct dnat_slot {
	struct dnat_conn *owner;
	u32 stamp;		/* jiffies when it became free */
	u32 last_seq;		/* its last connection's, see reuse.h */
	u16 prev;		/* in its list; 0: no port */
	u16 next;
	u8 list;		/* enum dnat_list */
};

struct dnat_ports {
	u16 first;		/* 0: none */
	u16 last;
	unsigned int n;
};

struct dnat_chunk {
	unsigned int taken;	/* slots that have an owner */
	u32 stamp;		/* jiffies when one of them became free last */
	struct dnat_slot slot[DNAT_CHUNK_SLOTS];
};

/* Was it so long ago that nobody remembers? */
static inline bool dnat_quiet(u32 stamp)
{
	return (u32)jiffies - stamp >= DNAT_QUIET;
}

/* What becomes of the port when there is no free one. */
enum dnat_class {
	DNAT_CLASS_OPEN,	/* never taken back */
	DNAT_CLASS_HALF_OPEN,	/* taken back, the oldest first, ... */
	DNAT_CLASS_CLOSED,	/* ... after all of these */
	DNAT_CLASS_COUNT
};

struct dnat_pool {
	struct rhash_head node;
	struct dnat_pool_key key;
	struct dnat_vip *vip;	/* that of @key */
	refcount_t users;	/* one for being in the table */
	struct dnat_counter __rcu *counter; /* counter.c's: one of its users */
	struct list_head list;	/* in vdports->list */
	struct list_head ahead_node; /* in dnat_ahead.pools, or empty */
	u32 asked;		/* ahead.c's: jiffies when it asked for all */
	u32 told;		/* exhaust.c's: jiffies of the last event, or 0 */
	struct rcu_head rcu;

	spinlock_t lock;	/* all below */
	struct dnat_range range;
	struct dnat_ports ports[DNAT_LIST_COUNT];
	u16 start;		/* where to look for a chunk to be made */
	u16 sweep;		/* the chunk to be looked at next */
	unsigned int absent;	/* chunks of the range that are to be made */
	u32 stamp;		/* jiffies when a port became free last */
	unsigned int taken;
	/* conn.c's: who holds the ports, oldest in their class first */
	struct list_head conns[DNAT_CLASS_COUNT];
	unsigned int n_conns[DNAT_CLASS_COUNT];
	u64 reclaimed;
	u64 failed;
	u64 unanswered;	/* connections that the backend never answered */
	struct dnat_chunk **chunk;	/* DNAT_CHUNKS of them */
};

/* Are fewer than @n sixteenths of a pool's ports free?  A hint, without lock. */
static inline bool dnat_vdport_scarce(const struct dnat_pool *pool,
				      unsigned int n)
{
	unsigned int size = READ_ONCE(pool->range.max) -
			    READ_ONCE(pool->range.min) + 1;

	return !READ_ONCE(pool->absent) &&
	       READ_ONCE(pool->ports[DNAT_LIST_FREE].n) < size / 16 * n;
}

/* Are there ports that others were found to hold?  A hint, without lock. */
static inline bool dnat_vdport_any_held(const struct dnat_pool *pool)
{
	return READ_ONCE(pool->ports[DNAT_LIST_HELD].n);
}

int dnat_vdport_init(struct dnat_pool *pool);
void dnat_vdport_clean(struct dnat_pool *pool);
void dnat_vdport_set_range(struct dnat_pool *pool, struct dnat_range range);

int dnat_vdport_take(struct dnat_pool *pool, struct dnat_conn *owner);
bool dnat_vdport_recall(const struct dnat_pool *pool, u16 port, u32 *last_seq);
void dnat_vdport_give(struct dnat_pool *pool, u16 port, u32 last_seq);
void dnat_vdport_skip(struct dnat_pool *pool, u16 port);
void dnat_vdport_hold(struct dnat_pool *pool, u16 port);
int dnat_vdport_take_held(struct dnat_pool *pool, struct dnat_conn *owner);
enum dnat_list dnat_vdport_list(struct dnat_pool *pool, u16 port);
void dnat_vdport_note(struct dnat_pool *pool, u16 port, bool held);
void dnat_vdport_retire(struct dnat_pool *pool, u16 port);
void dnat_vdport_pass(struct dnat_pool *pool, u16 port);
void dnat_vdport_offer(struct dnat_pool *pool, u16 port);
unsigned int dnat_vdport_used_chunk(const struct dnat_pool *pool,
				    unsigned int *port);
struct dnat_conn *dnat_vdport_owner(const struct dnat_pool *pool, u16 port);

#endif /* DNAT_VDPORT_H */
