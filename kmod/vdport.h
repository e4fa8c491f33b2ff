/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vdports: the source ports of connections from a VIP to a backend.
 *
 * A vdport must be unique only among the connections with the same (vip,
 * l4proto, backend address, backend port) (paper, 3.2), so N backends can use
 * every port N times.  The ports for one such combination are a pool.
 *
 * A pool has a slot for every port of its range.  Free slots are in a list in
 * the order in which they became free.  The first one is taken, which is the
 * port that has been free longest; taking a port and giving it back are O(1).
 * Ports found in use by others (local processes, for example) are in a second
 * list, so that not every connection tries them again.
 *
 * Slots are allocated in chunks, when the first port of a chunk is needed.
 * Garbage collection frees a chunk when no backend can remember one of its
 * ports.
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

/* How long a backend may remember a connection: 2 * MSL (RFC 9293). */
#define DNAT_QUIET		(240 * HZ)

/* A chunk stays for this long after one of its ports was given back, even if
 * no backend remembers the port.  Without it the order of the free list would
 * be lost, and a port that was just used could be the next one taken.
 */
#define DNAT_REST		(10 * HZ)

/* How often conntrack is asked whether ports in use by others are free again.
 * The period doubles, up to the maximum, while most of them are still in use.
 */
#define DNAT_ASK_PERIOD		HZ
#define DNAT_ASK_PERIOD_MAX	(64 * HZ)

/* After this many ports were found in use by others, conntrack is asked about
 * all ports of the pool.
 */
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
	DNAT_LIST_HELD,		/* in use by others, oldest check first */
	DNAT_LIST_COUNT
};

/* One port.  It is taken (it has an owner), or in a list, or neither: then it
 * is out of the range, or retired (a service port or a reserved port).
 */
struct dnat_slot {
	struct dnat_conn *owner;
	u32 stamp;		/* jiffies of its last packet, or older */
	u32 last_seq;		/* of its last connection, see reuse.h */
	u16 prev;		/* port before it in its list; 0: none */
	u16 next;
	u16 given;		/* dnat_seconds() when it was given back */
	u8 list;		/* enum dnat_list */
};

struct dnat_ports {
	u16 first;		/* 0: none */
	u16 last;
	unsigned int n;
};

struct dnat_chunk {
	unsigned int taken;	/* slots that have an owner */
	u32 stamp;		/* not older than that of any slot */
	struct dnat_slot slot[DNAT_CHUNK_SLOTS];
};

/* Is @stamp (jiffies) so old that no backend remembers the connection? */
static inline bool dnat_quiet(u32 stamp)
{
	return (u32)jiffies - stamp >= DNAT_QUIET;
}

/* A stamp for dnat_vdport_give() that means: no backend remembers the port. */
static inline u32 dnat_forgotten(void)
{
	return (u32)jiffies - DNAT_QUIET;
}

/* Whether a connection may lose its port when its pool has no free one. */
enum dnat_class {
	DNAT_CLASS_OPEN,	/* never */
	DNAT_CLASS_HALF_OPEN,	/* oldest first, if none is closed */
	DNAT_CLASS_CLOSED,	/* oldest first */
	DNAT_CLASS_COUNT
};

struct dnat_pool {
	struct rhash_head node;
	struct dnat_pool_key key;
	struct dnat_vip *vip;	/* the VIP of @key, with a reference */
	struct dnat_counter __rcu *counter; /* with a reference, or NULL */
	struct list_head list;	/* in vdports->list */
	struct list_head ahead_node; /* in dnat_ahead.pools, or empty */
	u32 asked;		/* ahead.c: jiffies of its last check */
	u32 ask_period;		/* ahead.c: jiffies until the next check */
	u32 told;		/* exhaust.c: jiffies of the last event, or 0 */
	struct rcu_head rcu;

	/* Each packet reads the fields above; each new connection writes those
	 * below.
	 */
	refcount_t users ____cacheline_aligned_in_smp; /* one for the table */
	spinlock_t lock;	/* all fields below */
	struct dnat_range range;
	struct dnat_ports ports[DNAT_LIST_COUNT];
	u16 start;		/* chunk to start at when one is allocated */
	unsigned int absent;	/* chunks of the range not allocated */
	unsigned int made;	/* chunks allocated */
	u32 stamp;		/* not older than that of any chunk */
	u32 idle;		/* jiffies when a port was last given back */
	unsigned int taken;	/* slots that have an owner */
	unsigned int met;	/* ports of others, since the last full check */
	u32 barren;		/* jiffies when no port could be taken back */
	/* reclaim.c: connections with a port, oldest in their class first */
	struct list_head conns[DNAT_CLASS_COUNT];
	unsigned int n_conns[DNAT_CLASS_COUNT];
	struct dnat_blocks *blocks; /* see limit.h */
	u64 reclaimed;	/* connections ended to take their port back */
	u64 failed;	/* connections that found no port */
	u64 unanswered;	/* connections that the backend never answered */
	struct dnat_chunk **chunk;	/* DNAT_CHUNKS of them */
};

/* Are fewer than @n sixteenths of a pool's ports free?  A hint: read without
 * the lock.
 */
static inline bool dnat_vdport_scarce(const struct dnat_pool *pool,
				      unsigned int n)
{
	unsigned int size = READ_ONCE(pool->range.max) -
			    READ_ONCE(pool->range.min) + 1;

	return !READ_ONCE(pool->absent) &&
	       READ_ONCE(pool->ports[DNAT_LIST_FREE].n) < size / 16 * n;
}

/* Did an attempt to take a port back fail in this tick?  Then do not try again:
 * an attempt doubles the cost of a SYN, and takes a lock that established
 * connections need.
 */
static inline bool dnat_vdport_barren(const struct dnat_pool *pool)
{
	return READ_ONCE(pool->barren) == (u32)jiffies;
}

static inline void dnat_vdport_set_barren(struct dnat_pool *pool, bool barren)
{
	WRITE_ONCE(pool->barren, (u32)jiffies - !barren);
}

/* Are any ports in use by others?  A hint: read without the lock. */
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
