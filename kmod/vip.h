/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VIPs, each with one transport protocol, and the ports on them that are
 * services.
 *
 * A packet to a VIP goes from a client to a service or is a backend's answer
 * to a vdport.  The port tells which (paper, 3.1): so no service port is ever
 * handed out as a vdport.  dnatd says which ports are services; what it does
 * not say is learned from the connections that rules hand over.
 */
#ifndef DNAT_VIP_H
#define DNAT_VIP_H

#include <linux/netfilter.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

struct dnat_vips {
	struct rhashtable table;
	spinlock_t lock;	/* what comes into @table and leaves it */
};

/* Hashed as words: fill with zeros first. */
struct dnat_vip_key {
	union nf_inet_addr addr;
	u8 l3num;		/* NFPROTO_IPV4 or NFPROTO_IPV6 */
	u8 l4proto;		/* IPPROTO_TCP or IPPROTO_UDP */
	u16 zero;
};

struct dnat_vip {
	struct rhash_head node;
	struct dnat_vip_key key;
	struct dnat_vips *vips;
	refcount_t users;	/* its pools, and one for its named ports */
	struct xarray ports;	/* by port: that it is a service */
	unsigned int n_named;	/* of @ports, under dnat_vips.lock */
	unsigned int n_learned;	/* of @ports */
	struct rcu_head rcu;
};

int dnat_vips_init(struct dnat_vips *vips);
void dnat_vips_clean(struct dnat_vips *vips);

struct dnat_vip *dnat_vip_find(struct dnat_vips *vips,
			       const struct dnat_vip_key *key);
struct dnat_vip *dnat_vip_get(struct dnat_vips *vips,
			      const struct dnat_vip_key *key);
void dnat_vip_put(struct dnat_vip *vip);

bool dnat_vip_is_service(struct dnat_vip *vip, u16 port);
void dnat_vip_learn(struct dnat_vip *vip, u16 port);

int dnat_vip_port_add(struct dnat_vips *vips, const struct dnat_vip_key *key,
		      u16 port);
int dnat_vip_port_del(struct dnat_vips *vips, const struct dnat_vip_key *key,
		      u16 port);

#endif /* DNAT_VIP_H */
