// SPDX-License-Identifier: GPL-2.0-only
/*
 * DNAT_CMD_PORT_GET: how many backends use each port of a VIP (the paper's
 * vdport[i]; 3.2).
 *
 * The numbers are not kept: they are summed up over the VIP's pools when the
 * dump starts.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "compat.h"
#include "dnat.h"
#include "netlink.h"
#include "uapi/linux/double_nat.h"

const struct nla_policy dnat_port_policy[DNAT_PORT_MAXATTR + 1] = {
	[DNAT_A_VIP] = DNAT_POLICY_ADDR,
	[DNAT_A_L4PROTO] = { .type = NLA_U8 },
};

struct dnat_port_dump {
	unsigned int next;		/* first port of the next message */
	u32 count[DNAT_PORT_LIMIT_MAX + 1];
};

static struct dnat_port_dump **dnat_port_dump_ctx(struct netlink_callback *cb)
{
	return (struct dnat_port_dump **)cb->ctx;
}

static void dnat_port_add_pool(struct dnat_pool *pool, u32 *count)
{
	unsigned int port, end;

	for (port = 0; port <= DNAT_PORT_LIMIT_MAX; ) {
		spin_lock_bh(&pool->lock);
		end = dnat_vdport_used_chunk(pool, &port);
		for (; port < end; port++)
			if (dnat_vdport_owner(pool, port))
				count[port]++;
		spin_unlock_bh(&pool->lock);
		cond_resched();
	}
}

int dnat_port_dump_start(struct netlink_callback *cb)
{
	struct dnat_net *dn = dnat_pernet(sock_net(cb->skb->sk));
	struct nlattr **attrs = dnat_dump_attrs(cb);
	const struct nlattr *vip = attrs[DNAT_A_VIP];
	struct dnat_port_dump *dump;
	struct dnat_walk walk;
	u8 l3num, l4proto;

	BUILD_BUG_ON(sizeof(dump) > sizeof(cb->ctx));

	/* Linux 6.1 drops the extack of start(), so dnat_port_dump() refuses.
	 */
	*dnat_port_dump_ctx(cb) = NULL;
	if (!vip || !attrs[DNAT_A_L4PROTO])
		return 0;
	l4proto = nla_get_u8(attrs[DNAT_A_L4PROTO]);
	l3num = nla_len(vip) == sizeof(struct in_addr) ? NFPROTO_IPV4 :
							 NFPROTO_IPV6;

	dump = kvzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);
	if (!dump)
		return -ENOMEM;
	dnat_walk_start(&walk, &dn->vdports);
	for (; walk.pool; dnat_walk_next(&walk)) {
		const struct dnat_pool_key *key = &walk.pool->key;

		if (key->l3num == l3num && key->l4proto == l4proto &&
		    !memcmp(&key->vip, nla_data(vip), nla_len(vip)))
			dnat_port_add_pool(walk.pool, dump->count);
		cond_resched();
	}
	*dnat_port_dump_ctx(cb) = dump;
	return 0;
}

int dnat_port_dump_done(struct netlink_callback *cb)
{
	kvfree(*dnat_port_dump_ctx(cb));
	return 0;
}

static int dnat_port_fill(struct sk_buff *skb, struct netlink_callback *cb,
			  const struct dnat_port_dump *dump)
{
	const u32 *count = dump->count + dump->next;
	size_t size = DNAT_PORTS_PER_MESSAGE * sizeof(*count);
	void *hdr;

	if (!memchr_inv(count, 0, size))
		return 0;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &dnat_genl_family, NLM_F_MULTI, DNAT_CMD_PORT_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u16(skb, DNAT_A_VDPORT, dump->next) ||
	    nla_put(skb, DNAT_A_PORT_COUNTS, size, count)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

int dnat_port_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dnat_port_dump *dump = *dnat_port_dump_ctx(cb);
	int err = 0;

	if (!dump) {
		NL_SET_ERR_MSG(cb->extack, "give VIP and L4PROTO");
		return -EINVAL;
	}
	while (!err && dump->next <= DNAT_PORT_LIMIT_MAX) {
		err = dnat_port_fill(skb, cb, dump);
		if (!err)
			dump->next += DNAT_PORTS_PER_MESSAGE;
	}
	return err && !skb->len ? err : skb->len;
}
