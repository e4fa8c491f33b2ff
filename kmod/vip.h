/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VIPs (one entry for each address and transport protocol) and their service
 * ports.
 *
 * A packet to a VIP is either a client's packet to a service, or a backend's
 * answer to a vdport.  The destination port tells which (paper, 3.1), so a
 * service port is never used as a vdport.  dnatd names the service ports;
 * others are learned from the connections that rules hand to the module.
 */
#ifndef DNAT_VIP_H
#define DNAT_VIP_H

#include <linux/hash.h>
#include <linux/netfilter.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

#include "limit.h"

/* With 1,000 VIPs, one in nine addresses that are no VIP passes the filter. */
#define DNAT_FILTER_BITS 13

struct dnat_vips {
	struct rhashtable table;
	spinlock_t lock;	/* insertion into @table and removal */
	struct dnat_blocks *blocks;	/* see limit.h; NULL: no limit */
	atomic_t n_learned;	/* learned ports of all VIPs */
	u8 *filter;		/* VIPs with each hash; U8_MAX: unknown */
};

/* Hashed as words: fill with zeros first. */
struct dnat_vip_key {
	union nf_inet_addr addr;
	u8 l3num;		/* NFPROTO_IPV4 or NFPROTO_IPV6 */
	u8 l4proto;		/* IPPROTO_TCP or IPPROTO_UDP */
	u16 zero;
};

/* A service port that dnatd has named.  Freed after a grace period. */
struct dnat_service {
	struct list_head counters;	/* under dnat_counters.lock */
	bool gone;			/* under dnat_counters.lock */
	struct rcu_head rcu;
};

struct dnat_vip {
	struct rhash_head node;
	struct dnat_vip_key key;
	struct dnat_vips *vips;
	refcount_t users;	/* one for each pool, one if @n_named > 0 */
	struct xarray ports;	/* service ports by number, see vip.c */
	unsigned int n_named;	/* named ports, under dnat_vips.lock */
	unsigned int n_learned;	/* learned ports, under the lock of @ports */
	struct rcu_head rcu;
};

static inline unsigned int dnat_vip_filter4(__be32 addr)
{
	return hash_32((__force u32)addr, DNAT_FILTER_BITS);
}

static inline unsigned int dnat_vip_filter6(const struct in6_addr *addr)
{
	return hash_32((__force u32)(addr->s6_addr32[0] ^ addr->s6_addr32[1] ^
				     addr->s6_addr32[2] ^ addr->s6_addr32[3]),
		       DNAT_FILTER_BITS);
}

/* Return: false if no VIP has this hash; true if one may.  Spares a lookup in
 * the table for most addresses that are no VIP.
 */
static inline bool dnat_vip_maybe(const struct dnat_vips *vips,
				  unsigned int filter)
{
	return READ_ONCE(vips->filter[filter]);
}

int dnat_vips_init(struct dnat_vips *vips);
void dnat_vips_clean(struct dnat_vips *vips);

struct dnat_vip *dnat_vip_find(struct dnat_vips *vips,
			       const struct dnat_vip_key *key);
struct dnat_vip *dnat_vip_get(struct dnat_vips *vips,
			      const struct dnat_vip_key *key);
void dnat_vip_put(struct dnat_vip *vip);

bool dnat_vip_is_service(struct dnat_vip *vip, u16 port);
struct dnat_service *dnat_vip_service(struct dnat_vip *vip, u16 port);
void dnat_vip_learn(struct dnat_vip *vip, u16 port);

int dnat_vip_port_add(struct dnat_vips *vips, const struct dnat_vip_key *key,
		      u16 port);
struct dnat_service *dnat_vip_port_del(struct dnat_vips *vips,
				       const struct dnat_vip_key *key,
				       u16 port);

#endif /* DNAT_VIP_H */
