/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vdports: which source ports are free towards a backend.
 *
 * A vdport is unique for each (vip, l4proto, backend address, backend port)
 * only (paper, 3.2), so N backends use every port N times.  The ports towards
 * one of these are a pool.
 *
 * A pool lives as long as somebody uses it: the first connection to a backend
 * makes it, the last one to end frees it.
 */
#ifndef DNAT_VDPORT_H
#define DNAT_VDPORT_H

#include <linux/netfilter.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/sbitmap.h>
#include <linux/spinlock.h>

#define DNAT_PORT_LIMIT_MIN	1
#define DNAT_PORT_LIMIT_MAX	65535
#define DNAT_PORT_MIN_DEFAULT	1024
#define DNAT_PORT_MAX_DEFAULT	65535

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

struct dnat_pool {
	struct rhash_head node;
	struct dnat_pool_key key;
	struct dnat_vdports *owner;
	refcount_t users;	/* one for each port held */
	struct dnat_range range;
	unsigned int rotation;	/* port = min + (bit + rotation) % capacity */
	struct sbitmap map;
	atomic64_t failed;
	struct rcu_head rcu;
};

struct dnat_vdports {
	struct rhashtable pools;
	spinlock_t lock;	/* insertion into and removal from @pools */
	struct dnat_range range; /* of the pools to come; written under @lock */
};

int dnat_vdports_init(struct dnat_vdports *vdports);
void dnat_vdports_clean(struct dnat_vdports *vdports);

void dnat_vdports_set_range(struct dnat_vdports *vdports,
			    struct dnat_range range);
struct dnat_range dnat_vdports_range(struct dnat_vdports *vdports);

struct dnat_pool *dnat_pool_get(struct dnat_vdports *vdports,
				const struct dnat_pool_key *key);
void dnat_pool_put(struct dnat_pool *pool);

int dnat_vdport_take(struct dnat_pool *pool);
void dnat_vdport_give(struct dnat_pool *pool, u16 port);

static inline unsigned int dnat_pool_capacity(const struct dnat_pool *pool)
{
	return pool->range.max - pool->range.min + 1;
}

static inline unsigned int dnat_pool_in_use(const struct dnat_pool *pool)
{
	return refcount_read(&pool->users);
}

#endif /* DNAT_VDPORT_H */
