// SPDX-License-Identifier: GPL-2.0-only
/* What dumps of pools, of connections and of ports have in common. */
#include <linux/rculist.h>

#include "netlink.h"
#include "uapi/linux/double_nat.h"

/* The first pool from @at on that is not about to go.  Those that are made
 * later stand behind all others, and one in use stays where it is.
 */
static struct dnat_pool *dnat_walk_get(struct dnat_vdports *vdports,
				       struct list_head *at)
{
	struct dnat_pool *pool = list_entry_rcu(at->next, struct dnat_pool,
						list);

	list_for_each_entry_from_rcu(pool, &vdports->list, list)
		if (refcount_inc_not_zero(&pool->users))
			return pool;
	return NULL;
}

/**
 * dnat_walk_start - go through all pools, each once, however long it takes
 * @walk: to be ended with dnat_walk_done(); its pool is the first, or NULL
 * @vdports: whose pools
 *
 * Context: process.
 */
void dnat_walk_start(struct dnat_walk *walk, struct dnat_vdports *vdports)
{
	walk->vdports = vdports;
	rcu_read_lock();
	walk->pool = dnat_walk_get(vdports, &vdports->list);
	rcu_read_unlock();
}

/**
 * dnat_walk_next - go on to the next pool
 * @walk: that has a pool; has another, or NULL, afterwards
 *
 * Context: process.
 */
void dnat_walk_next(struct dnat_walk *walk)
{
	struct dnat_pool *pool = walk->pool;

	rcu_read_lock();
	walk->pool = dnat_walk_get(walk->vdports, &pool->list);
	rcu_read_unlock();
	dnat_pool_put(pool);
}

/* Stop, at the end or not. */
void dnat_walk_done(struct dnat_walk *walk)
{
	if (walk->pool)
		dnat_pool_put(walk->pool);
	walk->pool = NULL;
}

/* Return: 0 or -EMSGSIZE */
int dnat_put_addr(struct sk_buff *skb, int attr, u8 l3num,
		  const union nf_inet_addr *addr)
{
	if (l3num == NFPROTO_IPV4)
		return nla_put_in_addr(skb, attr, addr->ip);
	return nla_put_in6_addr(skb, attr, &addr->in6);
}

/* Return: 0 or -EMSGSIZE */
int dnat_put_pool_key(struct sk_buff *skb, const struct dnat_pool_key *key)
{
	return dnat_put_addr(skb, DNAT_A_VIP, key->l3num, &key->vip) ?:
	       dnat_put_addr(skb, DNAT_A_BACKEND, key->l3num, &key->bip) ?:
	       nla_put_be16(skb, DNAT_A_BACKEND_PORT, key->bport) ?:
	       nla_put_u8(skb, DNAT_A_L4PROTO, key->l4proto);
}

/**
 * dnat_check_addr - refuse what is neither an IPv4 nor an IPv6 address
 * @attr: meant as an address
 * @extack: for the reason
 *
 * Return: 0 or -EINVAL
 */
int dnat_check_addr(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (nla_len(attr) == sizeof(struct in_addr) ||
	    nla_len(attr) == sizeof(struct in6_addr))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "an address has 4 or 16 bytes");
	return -EINVAL;
}
