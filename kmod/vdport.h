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
 * Slots come in chunks; a chunk is made when its first port is needed.  Garbage
 * collection frees it when no backend can remember any of its ports.
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

/* What is remembered of ports stays for so long even where no backend remembers
 * them: those that were just used are not the next to be handed out.
 */
#define DNAT_REST		(10 * HZ)

/* How often conntrack is asked whether others still hold the ports that they were
 * found to hold: less and less often where most are.
 */
#define DNAT_ASK_PERIOD		HZ
#define DNAT_ASK_PERIOD_MAX	(64 * HZ)

/* How many of these connections meet before all ports are looked up. */
#define DNAT_ASK_ALL		64

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
	u32 stamp;		/* jiffies when a backend last heard of it */
	u32 last_seq;		/* its last connection's, see reuse.h */
	u16 prev;		/* in its list; 0: no port */
	u16 next;
	u16 given;		/* seconds, when it became free */
	u8 list;		/* enum dnat_list */
};

struct dnat_ports {
	u16 first;		/* 0: none */
	u16 last;
	unsigned int n;
};

struct dnat_chunk {
	unsigned int taken;	/* slots that have an owner */
	u32 stamp;		/* the newest one of its slots, or newer */
	struct dnat_slot slot[DNAT_CHUNK_SLOTS];
};

/* Was it so long ago that nobody remembers? */
static inline bool dnat_quiet(u32 stamp)
{
	return (u32)jiffies - stamp >= DNAT_QUIET;
}

/* For dnat_vdport_give(): no backend remembers the port. */
static inline u32 dnat_forgotten(void)
{
	return (u32)jiffies - DNAT_QUIET;
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
	struct dnat_counter __rcu *counter; /* counter.c's: one of its users */
	struct list_head list;	/* in vdports->list */
	struct list_head ahead_node; /* in dnat_ahead.pools, or empty */
	u32 asked;		/* ahead.c's: jiffies when it asked last, */
	u32 ask_period;		/* and how long it waits for the next time */
	u32 told;		/* exhaust.c's: jiffies of the last event, or 0 */
	struct rcu_head rcu;

	/* Each packet reads what is above, each connection writes what is below. */
	refcount_t users ____cacheline_aligned_in_smp; /* one for the table's */
	spinlock_t lock;	/* all below */
	struct dnat_range range;
	struct dnat_ports ports[DNAT_LIST_COUNT];
	u16 start;		/* where to look for a chunk to be made */
	unsigned int absent;	/* chunks of the range that are to be made */
	unsigned int made;	/* chunks that there are */
	u32 stamp;		/* the newest one of its chunks */
	u32 idle;		/* jiffies when a port was given back last */
	unsigned int taken;
	unsigned int met;	/* ports of others, since all were looked up */
	u32 barren;		/* jiffies when no port could be taken back */
	/* conn.c's: who holds the ports, oldest in their class first */
	struct list_head conns[DNAT_CLASS_COUNT];
	unsigned int n_conns[DNAT_CLASS_COUNT];
	struct dnat_blocks *blocks; /* see limit.h */
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

/* Was there no port to be taken back in this tick?  Who asks all the same pays for
 * two SYNs, under a lock that established connections need.
 */
static inline bool dnat_vdport_barren(const struct dnat_pool *pool)
{
	return READ_ONCE(pool->barren) == (u32)jiffies;
}

static inline void dnat_vdport_set_barren(struct dnat_pool *pool, bool barren)
{
	WRITE_ONCE(pool->barren, (u32)jiffies - !barren);
}

/* Are there ports that others were found to hold?  A hint, without lock. */
static inline bool dnat_vdport_any_held(const struct dnat_pool *pool)
{
	return READ_ONCE(pool->ports[DNAT_LIST_HELD].n);
}

int dnat_vdport_setup(void);
void dnat_vdport_teardown(void);

int dnat_vdport_init(struct dnat_pool *pool);
void dnat_vdport_clean(struct dnat_pool *pool);
void dnat_vdport_set_range(struct dnat_pool *pool, struct dnat_range range);

int dnat_vdport_take(struct dnat_pool *pool, struct dnat_conn *owner);
bool dnat_vdport_recall(const struct dnat_pool *pool, u16 port, u32 *last_seq);
void dnat_vdport_give(struct dnat_pool *pool, u16 port, u32 last_seq, u32 stamp);
void dnat_vdport_sweep(struct dnat_pool *pool);
void dnat_vdport_skip(struct dnat_pool *pool, u16 port);
void dnat_vdport_retire(struct dnat_pool *pool, u16 port);
void dnat_vdport_pass(struct dnat_pool *pool, u16 port);
void dnat_vdport_offer(struct dnat_pool *pool, u16 port);
unsigned int dnat_vdport_used_chunk(const struct dnat_pool *pool,
				    unsigned int *port);
struct dnat_conn *dnat_vdport_owner(const struct dnat_pool *pool, u16 port);

/* held.c */
void dnat_vdport_hold(struct dnat_pool *pool, u16 port);
bool dnat_vdport_met_many(struct dnat_pool *pool);
u16 dnat_vdport_next_held(struct dnat_pool *pool);
int dnat_vdport_take_held(struct dnat_pool *pool, struct dnat_conn *owner);
enum dnat_list dnat_vdport_list(struct dnat_pool *pool, u16 port);
void dnat_vdport_note(struct dnat_pool *pool, u16 port, bool held);

#endif /* DNAT_VDPORT_H */
