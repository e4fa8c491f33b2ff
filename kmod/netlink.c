// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "dnat.h"
#include "uapi/linux/double_nat.h"

static struct genl_family dnat_genl_family;

/* Return: a message to fill and to send with dnat_reply_send(), or NULL */
static struct sk_buff *dnat_reply_new(struct genl_info *info, void **hdr)
{
	struct sk_buff *skb;

	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return NULL;

	*hdr = genlmsg_put_reply(skb, info, &dnat_genl_family, 0,
				 info->genlhdr->cmd);
	if (!*hdr) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

static int dnat_reply_send(struct sk_buff *skb, void *hdr,
			   struct genl_info *info, int err)
{
	if (err) {
		NL_SET_ERR_MSG(info->extack, "the answer does not fit");
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

static int dnat_cmd_info_get(struct sk_buff *req, struct genl_info *info)
{
	struct sk_buff *skb;
	void *hdr;
	int err;

	skb = dnat_reply_new(info, &hdr);
	if (!skb)
		return -ENOMEM;

	err = nla_put_string(skb, DNAT_A_VERSION, DNAT_VERSION) ?:
	      nla_put_u16(skb, DNAT_A_PORT_LIMIT_MIN, DNAT_PORT_LIMIT_MIN) ?:
	      nla_put_u16(skb, DNAT_A_PORT_LIMIT_MAX, DNAT_PORT_LIMIT_MAX);
	return dnat_reply_send(skb, hdr, info, err);
}

static int dnat_cmd_settings_get(struct sk_buff *req, struct genl_info *info)
{
	struct dnat_net *dn = dnat_pernet(genl_info_net(info));
	struct dnat_range range = dnat_vdports_range(&dn->vdports);
	struct sk_buff *skb;
	void *hdr;
	int err;

	skb = dnat_reply_new(info, &hdr);
	if (!skb)
		return -ENOMEM;

	err = nla_put_u16(skb, DNAT_A_PORT_MIN, range.min) ?:
	      nla_put_u16(skb, DNAT_A_PORT_MAX, range.max) ?:
	      nla_put_u8(skb, DNAT_A_FAST, READ_ONCE(dn->fast));
	return dnat_reply_send(skb, hdr, info, err);
}

static int dnat_cmd_settings_set(struct sk_buff *req, struct genl_info *info)
{
	struct dnat_net *dn = dnat_pernet(genl_info_net(info));
	struct dnat_range range = dnat_vdports_range(&dn->vdports);
	struct nlattr *min = info->attrs[DNAT_A_PORT_MIN];
	struct nlattr *max = info->attrs[DNAT_A_PORT_MAX];
	struct nlattr *fast = info->attrs[DNAT_A_FAST];

	if (!min && !max && !fast) {
		NL_SET_ERR_MSG(info->extack,
			       "nothing to set: give PORT_MIN, PORT_MAX or FAST");
		return -EINVAL;
	}
	if (min)
		range.min = nla_get_u16(min);
	if (max)
		range.max = nla_get_u16(max);
	if (range.min > range.max) {
		NL_SET_ERR_MSG_ATTR(info->extack, max ?: min,
				    "PORT_MIN is above PORT_MAX");
		return -ERANGE;
	}
	if (min || max)
		dnat_vdports_set_range(&dn->vdports, range);
	if (fast)
		WRITE_ONCE(dn->fast, nla_get_u8(fast));
	return 0;
}

/* Return: 0, or -EINVAL and the extack says what is wrong with the request */
static int dnat_vport_parse(struct genl_info *info, struct dnat_vip_key *key,
			    u16 *port)
{
	struct nlattr *vip = info->attrs[DNAT_A_VIP];
	struct nlattr *proto = info->attrs[DNAT_A_L4PROTO];
	struct nlattr *vport = info->attrs[DNAT_A_VPORT];
	int len;

	if (!vip || !proto || !vport) {
		NL_SET_ERR_MSG(info->extack,
			       "give all of VIP, L4PROTO and VPORT");
		return -EINVAL;
	}
	len = nla_len(vip);
	if (len != sizeof(key->addr.in) && len != sizeof(key->addr.in6)) {
		NL_SET_ERR_MSG_ATTR(info->extack, vip,
				    "an address has 4 or 16 bytes");
		return -EINVAL;
	}
	memset(key, 0, sizeof(*key));
	memcpy(&key->addr, nla_data(vip), len);
	key->l3num = len == sizeof(key->addr.in) ? NFPROTO_IPV4 : NFPROTO_IPV6;
	key->l4proto = nla_get_u8(proto);
	if (key->l4proto != IPPROTO_TCP && key->l4proto != IPPROTO_UDP) {
		NL_SET_ERR_MSG_ATTR(info->extack, proto,
				    "L4PROTO is neither TCP nor UDP");
		return -EINVAL;
	}
	*port = ntohs(nla_get_be16(vport));
	if (!*port) {
		NL_SET_ERR_MSG_ATTR(info->extack, vport, "VPORT is 0");
		return -EINVAL;
	}
	return 0;
}

static int dnat_cmd_vport_add(struct sk_buff *req, struct genl_info *info)
{
	struct dnat_net *dn = dnat_pernet(genl_info_net(info));
	struct dnat_vip_key key;
	u16 port;
	int err;

	err = dnat_vport_parse(info, &key, &port);
	if (err)
		return err;

	err = dnat_vip_port_add(&dn->vdports.vips, &key, port);
	if (err == -EEXIST)
		NL_SET_ERR_MSG(info->extack, "the port was added before");
	return err;
}

static int dnat_cmd_vport_del(struct sk_buff *req, struct genl_info *info)
{
	struct dnat_net *dn = dnat_pernet(genl_info_net(info));
	struct dnat_vip_key key;
	u16 port;
	int err;

	err = dnat_vport_parse(info, &key, &port);
	if (err)
		return err;

	err = dnat_vip_port_del(&dn->vdports.vips, &key, port);
	if (err)
		NL_SET_ERR_MSG(info->extack, "the port was not added");
	else
		dnat_vdports_offer(&dn->vdports, &key, port);
	return err;
}

static int dnat_cmd_stats_get(struct sk_buff *req, struct genl_info *info)
{
	static const int attrs[DNAT_STAT_COUNT] = {
		[DNAT_STAT_TAKEN] = DNAT_A_STATS_TAKEN,
		[DNAT_STAT_GIVEN] = DNAT_A_STATS_GIVEN,
		[DNAT_STAT_UNCONFIRMED] = DNAT_A_STATS_UNCONFIRMED,
		[DNAT_STAT_EXHAUSTED] = DNAT_A_STATS_EXHAUSTED,
		[DNAT_STAT_NOMEM] = DNAT_A_STATS_NOMEM,
		[DNAT_STAT_SKIPPED] = DNAT_A_STATS_SKIPPED,
		[DNAT_STAT_RECLAIMED] = DNAT_A_STATS_RECLAIMED,
		[DNAT_STAT_FAST] = DNAT_A_STATS_FAST,
		[DNAT_STAT_SLOW_OFF] = DNAT_A_STATS_SLOW_OFF,
		[DNAT_STAT_SLOW_HEADER] = DNAT_A_STATS_SLOW_HEADER,
		[DNAT_STAT_SLOW_TTL] = DNAT_A_STATS_SLOW_TTL,
		[DNAT_STAT_SLOW_FLAGS] = DNAT_A_STATS_SLOW_FLAGS,
		[DNAT_STAT_SLOW_NEW] = DNAT_A_STATS_SLOW_NEW,
		[DNAT_STAT_SLOW_ROUTE] = DNAT_A_STATS_SLOW_ROUTE,
		[DNAT_STAT_SLOW_SIZE] = DNAT_A_STATS_SLOW_SIZE,
		[DNAT_STAT_SLOW_STATE] = DNAT_A_STATS_SLOW_STATE,
	};
	struct dnat_net *dn = dnat_pernet(genl_info_net(info));
	u64 sum[DNAT_STAT_COUNT] = {};
	struct sk_buff *skb;
	int i, cpu, err;
	void *hdr;

	for_each_possible_cpu(cpu)
		for (i = 0; i < DNAT_STAT_COUNT; i++)
			sum[i] += per_cpu_ptr(dn->stats, cpu)->count[i];

	skb = dnat_reply_new(info, &hdr);
	if (!skb)
		return -ENOMEM;

	err = nla_put_u32(skb, DNAT_A_IN_USE,
			  sum[DNAT_STAT_TAKEN] - sum[DNAT_STAT_GIVEN]);
	for (i = 0; i < DNAT_STAT_COUNT && !err; i++)
		err = nla_put_u64_64bit(skb, attrs[i], sum[i], DNAT_A_PAD);
	return dnat_reply_send(skb, hdr, info, err);
}

static int dnat_pool_put_addrs(struct sk_buff *skb,
			       const struct dnat_pool_key *key)
{
	if (key->l3num == NFPROTO_IPV4)
		return nla_put_in_addr(skb, DNAT_A_VIP, key->vip.ip) ?:
		       nla_put_in_addr(skb, DNAT_A_BACKEND, key->bip.ip);

	return nla_put_in6_addr(skb, DNAT_A_VIP, &key->vip.in6) ?:
	       nla_put_in6_addr(skb, DNAT_A_BACKEND, &key->bip.in6);
}

static int dnat_pool_fill(struct sk_buff *skb, struct netlink_callback *cb,
			  struct dnat_pool *pool)
{
	struct dnat_pool_info stand;
	void *hdr;
	int err;

	dnat_pool_info(pool, &stand);

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &dnat_genl_family, NLM_F_MULTI, DNAT_CMD_POOL_GET);
	if (!hdr)
		return -EMSGSIZE;

	err = dnat_pool_put_addrs(skb, &pool->key) ?:
	      nla_put_be16(skb, DNAT_A_BACKEND_PORT, pool->key.bport) ?:
	      nla_put_u8(skb, DNAT_A_L4PROTO, pool->key.l4proto) ?:
	      nla_put_u32(skb, DNAT_A_IN_USE, stand.taken) ?:
	      nla_put_u32(skb, DNAT_A_CAPACITY,
			  stand.range.max - stand.range.min + 1) ?:
	      nla_put_u32(skb, DNAT_A_HALF_OPEN,
			  stand.n_conns[DNAT_CLASS_HALF_OPEN]) ?:
	      nla_put_u32(skb, DNAT_A_CLOSED,
			  stand.n_conns[DNAT_CLASS_CLOSED]) ?:
	      nla_put_u64_64bit(skb, DNAT_A_RECLAIMED, stand.reclaimed,
				DNAT_A_PAD) ?:
	      nla_put_u64_64bit(skb, DNAT_A_FAILED, stand.failed, DNAT_A_PAD);
	if (err) {
		genlmsg_cancel(skb, hdr);
		return err;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

struct dnat_pool_dump {
	struct rhashtable_iter iter;
};

static struct dnat_pool_dump **dnat_pool_dump_ctx(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct dnat_pool_dump *) > sizeof(cb->ctx));
	return (struct dnat_pool_dump **)cb->ctx;
}

static int dnat_cmd_pool_start(struct netlink_callback *cb)
{
	struct dnat_net *dn = dnat_pernet(sock_net(cb->skb->sk));
	struct dnat_pool_dump *dump;

	dump = kmalloc(sizeof(*dump), GFP_KERNEL);
	if (!dump)
		return -ENOMEM;
	rhashtable_walk_enter(&dn->vdports.pools, &dump->iter);
	*dnat_pool_dump_ctx(cb) = dump;
	return 0;
}

static int dnat_cmd_pool_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dnat_pool_dump *dump = *dnat_pool_dump_ctx(cb);
	struct dnat_pool *pool;
	int err = 0;

	rhashtable_walk_start(&dump->iter);
	/* The pool that did not fit into the last message comes first. */
	pool = rhashtable_walk_peek(&dump->iter);
	while (pool) {
		/* -EAGAIN: the table is being resized, and the walk goes on */
		if (!IS_ERR(pool))
			err = dnat_pool_fill(skb, cb, pool);
		if (err)
			break;
		pool = rhashtable_walk_next(&dump->iter);
	}
	rhashtable_walk_stop(&dump->iter);
	return err && !skb->len ? err : skb->len;
}

static int dnat_cmd_pool_done(struct netlink_callback *cb)
{
	struct dnat_pool_dump *dump = *dnat_pool_dump_ctx(cb);

	rhashtable_walk_exit(&dump->iter);
	kfree(dump);
	return 0;
}

static const struct nla_policy dnat_settings_policy[DNAT_A_FAST + 1] = {
	[DNAT_A_PORT_MIN] = NLA_POLICY_MIN(NLA_U16, DNAT_PORT_LIMIT_MIN),
	[DNAT_A_PORT_MAX] = NLA_POLICY_MIN(NLA_U16, DNAT_PORT_LIMIT_MIN),
	[DNAT_A_FAST] = NLA_POLICY_MAX(NLA_U8, 1),
};

static const struct nla_policy dnat_vport_policy[DNAT_A_VPORT + 1] = {
	[DNAT_A_VIP] = NLA_POLICY_RANGE(NLA_BINARY, sizeof(struct in_addr),
					sizeof(struct in6_addr)),
	[DNAT_A_L4PROTO] = { .type = NLA_U8 },
	[DNAT_A_VPORT] = { .type = NLA_BE16 },
};

static const struct genl_ops dnat_genl_ops[] = {
	{
		.cmd = DNAT_CMD_INFO_GET,
		.doit = dnat_cmd_info_get,
	},
	{
		.cmd = DNAT_CMD_SETTINGS_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = dnat_cmd_settings_get,
	},
	{
		.cmd = DNAT_CMD_SETTINGS_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dnat_settings_policy,
		.maxattr = DNAT_A_FAST,
		.doit = dnat_cmd_settings_set,
	},
	{
		.cmd = DNAT_CMD_POOL_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.start = dnat_cmd_pool_start,
		.dumpit = dnat_cmd_pool_dump,
		.done = dnat_cmd_pool_done,
	},
	{
		.cmd = DNAT_CMD_STATS_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = dnat_cmd_stats_get,
	},
	{
		.cmd = DNAT_CMD_VPORT_ADD,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dnat_vport_policy,
		.maxattr = DNAT_A_VPORT,
		.doit = dnat_cmd_vport_add,
	},
	{
		.cmd = DNAT_CMD_VPORT_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dnat_vport_policy,
		.maxattr = DNAT_A_VPORT,
		.doit = dnat_cmd_vport_del,
	},
};

static struct genl_family dnat_genl_family __ro_after_init = {
	.name = DNAT_GENL_NAME,
	.version = DNAT_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = dnat_genl_ops,
	.n_ops = ARRAY_SIZE(dnat_genl_ops),
	.resv_start_op = __DNAT_CMD_MAX,
};

int __init dnat_netlink_setup(void)
{
	return genl_register_family(&dnat_genl_family);
}

void dnat_netlink_teardown(void)
{
	genl_unregister_family(&dnat_genl_family);
}
