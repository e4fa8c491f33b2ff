// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "dnat.h"
#include "netlink.h"
#include "uapi/linux/double_nat.h"

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
	      nla_put_u8(skb, DNAT_A_ON_EXHAUSTED,
			 READ_ONCE(dn->on_exhausted)) ?:
	      nla_put_u8(skb, DNAT_A_FAST, READ_ONCE(dn->fast));
	return dnat_reply_send(skb, hdr, info, err);
}

static int dnat_settings_range(struct dnat_net *dn, struct genl_info *info)
{
	struct dnat_range range = dnat_vdports_range(&dn->vdports);
	struct nlattr *min = info->attrs[DNAT_A_PORT_MIN];
	struct nlattr *max = info->attrs[DNAT_A_PORT_MAX];

	if (!min && !max)
		return 0;
	if (min)
		range.min = nla_get_u16(min);
	if (max)
		range.max = nla_get_u16(max);
	if (range.min > range.max) {
		NL_SET_ERR_MSG_ATTR(info->extack, max ?: min,
				    "PORT_MIN is above PORT_MAX");
		return -ERANGE;
	}
	dnat_vdports_set_range(&dn->vdports, range);
	return 0;
}

static int dnat_cmd_settings_set(struct sk_buff *req, struct genl_info *info)
{
	struct dnat_net *dn = dnat_pernet(genl_info_net(info));
	struct nlattr *on_exhausted = info->attrs[DNAT_A_ON_EXHAUSTED];
	struct nlattr *fast = info->attrs[DNAT_A_FAST];
	int err;

	if (!info->attrs[DNAT_A_PORT_MIN] && !info->attrs[DNAT_A_PORT_MAX] &&
	    !on_exhausted && !fast) {
		NL_SET_ERR_MSG(info->extack,
			       "nothing to set: give PORT_MIN, PORT_MAX, ON_EXHAUSTED or FAST");
		return -EINVAL;
	}

	/* Each of two requests may change one end of the range: without the
	 * mutex one change could be lost.
	 */
	mutex_lock(&dn->settings);
	err = dnat_settings_range(dn, info);
	mutex_unlock(&dn->settings);
	if (err)
		return err;
	if (on_exhausted)
		WRITE_ONCE(dn->on_exhausted, nla_get_u8(on_exhausted));
	if (fast)
		WRITE_ONCE(dn->fast, nla_get_u8(fast));
	return 0;
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
		[DNAT_STAT_UNCOUNTED] = DNAT_A_STATS_UNCOUNTED,
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

	err = dnat_put_pool_key(skb, &pool->key) ?:
	      nla_put_u32(skb, DNAT_A_IN_USE, stand.taken) ?:
	      nla_put_u32(skb, DNAT_A_CAPACITY,
			  stand.range.max - stand.range.min + 1) ?:
	      nla_put_u32(skb, DNAT_A_HALF_OPEN,
			  stand.n_conns[DNAT_CLASS_HALF_OPEN]) ?:
	      nla_put_u32(skb, DNAT_A_CLOSED,
			  stand.n_conns[DNAT_CLASS_CLOSED]) ?:
	      nla_put_u64_64bit(skb, DNAT_A_RECLAIMED, stand.reclaimed,
				DNAT_A_PAD) ?:
	      nla_put_u64_64bit(skb, DNAT_A_FAILED, stand.failed, DNAT_A_PAD) ?:
	      nla_put_u64_64bit(skb, DNAT_A_UNANSWERED, stand.unanswered,
				DNAT_A_PAD);
	if (err) {
		genlmsg_cancel(skb, hdr);
		return err;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

static struct dnat_walk **dnat_pool_dump_ctx(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct dnat_walk *) > sizeof(cb->ctx));
	return (struct dnat_walk **)cb->ctx;
}

static int dnat_cmd_pool_start(struct netlink_callback *cb)
{
	struct dnat_net *dn = dnat_pernet(sock_net(cb->skb->sk));
	struct dnat_walk *walk;

	walk = kmalloc(sizeof(*walk), GFP_KERNEL_ACCOUNT);
	if (!walk)
		return -ENOMEM;
	dnat_walk_start(walk, &dn->vdports);
	*dnat_pool_dump_ctx(cb) = walk;
	return 0;
}

static int dnat_cmd_pool_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dnat_walk *walk = *dnat_pool_dump_ctx(cb);
	int err = 0;

	for (; walk->pool; dnat_walk_next(walk)) {
		err = dnat_pool_fill(skb, cb, walk->pool);
		if (err)
			break;
	}
	return err && !skb->len ? err : skb->len;
}

static int dnat_cmd_pool_done(struct netlink_callback *cb)
{
	struct dnat_walk *walk = *dnat_pool_dump_ctx(cb);

	dnat_walk_done(walk);
	kfree(walk);
	return 0;
}

static const struct nla_policy dnat_settings_policy[] = {
	[DNAT_A_PORT_MIN] = NLA_POLICY_MIN(NLA_U16, DNAT_PORT_LIMIT_MIN),
	[DNAT_A_PORT_MAX] = NLA_POLICY_MIN(NLA_U16, DNAT_PORT_LIMIT_MIN),
	[DNAT_A_FAST] = NLA_POLICY_MAX(NLA_U8, 1),
	[DNAT_A_ON_EXHAUSTED] = NLA_POLICY_MAX(NLA_U8, DNAT_EXHAUSTED_RESET),
};

static const struct genl_multicast_group dnat_genl_groups[] = {
	[DNAT_GROUP_EVENTS] = {
		.name = DNAT_GENL_GROUP_EVENTS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
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
		.maxattr = ARRAY_SIZE(dnat_settings_policy) - 1,
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
		.cmd = DNAT_CMD_SERVICE_ADD,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dnat_service_policy,
		.maxattr = DNAT_SERVICE_MAXATTR,
		.doit = dnat_cmd_service_add,
	},
	{
		.cmd = DNAT_CMD_SERVICE_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dnat_service_policy,
		.maxattr = DNAT_SERVICE_MAXATTR,
		.doit = dnat_cmd_service_del,
	},
	{
		.cmd = DNAT_CMD_SERVICE_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.start = dnat_service_dump_start,
		.dumpit = dnat_service_dump,
		.done = dnat_service_dump_done,
	},
	{
		.cmd = DNAT_CMD_CONN_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dnat_conn_policy,
		.maxattr = DNAT_CONN_MAXATTR,
		.start = dnat_conn_dump_start,
		.dumpit = dnat_conn_dump,
		.done = dnat_conn_dump_done,
	},
	{
		.cmd = DNAT_CMD_PORT_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dnat_port_policy,
		.maxattr = DNAT_PORT_MAXATTR,
		.start = dnat_port_dump_start,
		.dumpit = dnat_port_dump,
		.done = dnat_port_dump_done,
	},
	{
		.cmd = DNAT_CMD_CONN_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dnat_end_policy,
		.maxattr = DNAT_END_MAXATTR,
		.start = dnat_end_start,
		.dumpit = dnat_end_dump,
		.done = dnat_end_done,
	},
	{
		.cmd = DNAT_CMD_COUNTER_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = dnat_counter_policy,
		.maxattr = DNAT_COUNTER_MAXATTR,
		.start = dnat_counter_dump_start,
		.dumpit = dnat_counter_dump,
		.done = dnat_counter_dump_done,
	},
};

struct genl_family dnat_genl_family __ro_after_init = {
	.name = DNAT_GENL_NAME,
	.version = DNAT_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = dnat_genl_ops,
	.n_ops = ARRAY_SIZE(dnat_genl_ops),
	.mcgrps = dnat_genl_groups,
	.n_mcgrps = ARRAY_SIZE(dnat_genl_groups),
};

int __init dnat_netlink_setup(void)
{
	return genl_register_family(&dnat_genl_family);
}

void dnat_netlink_teardown(void)
{
	genl_unregister_family(&dnat_genl_family);
}
