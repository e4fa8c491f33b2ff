// SPDX-License-Identifier: GPL-2.0-only
/* DNAT_CMD_SERVICE_ADD, _DEL and _GET: the named service ports of VIPs. */
#include <linux/slab.h>
#include <net/sock.h>

#include "dnat.h"
#include "netlink.h"
#include "uapi/linux/double_nat.h"

const struct nla_policy dnat_service_policy[DNAT_SERVICE_MAXATTR + 1] = {
	[DNAT_A_VIP] = DNAT_POLICY_ADDR,
	[DNAT_A_L4PROTO] = { .type = NLA_U8 },
	[DNAT_A_SERVICE_PORT] = { .type = NLA_BE16 },
};

/* Return: 0, with @port in host byte order; or -EINVAL with an extack */
static int dnat_service_parse(struct genl_info *info, struct dnat_vip_key *key,
			      u16 *port)
{
	struct nlattr *vip = info->attrs[DNAT_A_VIP];
	struct nlattr *proto = info->attrs[DNAT_A_L4PROTO];
	struct nlattr *service = info->attrs[DNAT_A_SERVICE_PORT];
	int err;

	if (!vip || !proto || !service) {
		NL_SET_ERR_MSG(info->extack,
			       "give all of VIP, L4PROTO and SERVICE_PORT");
		return -EINVAL;
	}
	err = dnat_check_addr(vip, info->extack);
	if (err)
		return err;

	memset(key, 0, sizeof(*key));
	memcpy(&key->addr, nla_data(vip), nla_len(vip));
	key->l3num = nla_len(vip) == sizeof(struct in_addr) ? NFPROTO_IPV4 :
							      NFPROTO_IPV6;
	key->l4proto = nla_get_u8(proto);
	if (key->l4proto != IPPROTO_TCP && key->l4proto != IPPROTO_UDP) {
		NL_SET_ERR_MSG_ATTR(info->extack, proto,
				    "L4PROTO is neither TCP nor UDP");
		return -EINVAL;
	}
	*port = ntohs(nla_get_be16(service));
	if (!*port) {
		NL_SET_ERR_MSG_ATTR(info->extack, service, "SERVICE_PORT is 0");
		return -EINVAL;
	}
	return 0;
}

int dnat_cmd_service_add(struct sk_buff *req, struct genl_info *info)
{
	struct dnat_net *dn = dnat_pernet(genl_info_net(info));
	struct dnat_vip_key key;
	u16 port;
	int err;

	err = dnat_service_parse(info, &key, &port);
	if (err)
		return err;

	err = dnat_vip_port_add(&dn->vdports.vips, &key, port);
	if (err == -EEXIST)
		NL_SET_ERR_MSG(info->extack, "the port was added before");
	return err;
}

int dnat_cmd_service_del(struct sk_buff *req, struct genl_info *info)
{
	struct dnat_net *dn = dnat_pernet(genl_info_net(info));
	struct dnat_service *service;
	struct dnat_vip_key key;
	u16 port;
	int err;

	err = dnat_service_parse(info, &key, &port);
	if (err)
		return err;

	service = dnat_vip_port_del(&dn->vdports.vips, &key, port);
	if (!service) {
		NL_SET_ERR_MSG(info->extack, "the port was not added");
		return -ENOENT;
	}
	dnat_counters_drop(&dn->counters, service);
	kfree_rcu(service, rcu);
	dnat_vdports_offer(&dn->vdports, &key, port);
	return 0;
}

struct dnat_service_dump {
	struct rhashtable_iter iter;	/* over VIPs */
	struct dnat_vip_key vip;	/* the VIP that did not fit */
	unsigned long port;		/* its first port that did not fit */
};

static struct dnat_service_dump **
dnat_service_dump_ctx(struct netlink_callback *cb)
{
	return (struct dnat_service_dump **)cb->ctx;
}

int dnat_service_dump_start(struct netlink_callback *cb)
{
	struct dnat_net *dn = dnat_pernet(sock_net(cb->skb->sk));
	struct dnat_service_dump *dump;

	BUILD_BUG_ON(sizeof(dump) > sizeof(cb->ctx));

	dump = kzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);
	if (!dump)
		return -ENOMEM;
	rhashtable_walk_enter(&dn->vdports.vips.table, &dump->iter);
	*dnat_service_dump_ctx(cb) = dump;
	return 0;
}

int dnat_service_dump_done(struct netlink_callback *cb)
{
	struct dnat_service_dump *dump = *dnat_service_dump_ctx(cb);

	rhashtable_walk_exit(&dump->iter);
	kfree(dump);
	return 0;
}

static int dnat_service_fill(struct sk_buff *skb, struct netlink_callback *cb,
			     const struct dnat_vip_key *vip, u16 port)
{
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &dnat_genl_family, NLM_F_MULTI, DNAT_CMD_SERVICE_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (dnat_put_addr(skb, DNAT_A_VIP, vip->l3num, &vip->addr) ||
	    nla_put_u8(skb, DNAT_A_L4PROTO, vip->l4proto) ||
	    nla_put_be16(skb, DNAT_A_SERVICE_PORT, htons(port))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

static int dnat_service_dump_vip(struct sk_buff *skb,
				 struct netlink_callback *cb,
				 struct dnat_vip *vip)
{
	struct dnat_service_dump *dump = *dnat_service_dump_ctx(cb);
	unsigned long port, first = 0;
	void *service;
	int err;

	if (!memcmp(&dump->vip, &vip->key, sizeof(dump->vip)))
		first = dump->port;
	xa_for_each_start(&vip->ports, port, service, first) {
		if (xa_is_value(service))
			continue;
		err = dnat_service_fill(skb, cb, &vip->key, port);
		if (err) {
			dump->vip = vip->key;
			dump->port = port;
			return err;
		}
	}
	return 0;
}

int dnat_service_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dnat_service_dump *dump = *dnat_service_dump_ctx(cb);
	struct dnat_vip *vip;
	int err = 0;

	rhashtable_walk_start(&dump->iter);
	/* -EAGAIN: the table was resized; the walk starts again */
	for (vip = rhashtable_walk_peek(&dump->iter); vip;
	     vip = rhashtable_walk_next(&dump->iter)) {
		err = IS_ERR(vip) ? 0 : dnat_service_dump_vip(skb, cb, vip);
		if (err)
			break;
	}
	rhashtable_walk_stop(&dump->iter);
	return err && !skb->len ? err : skb->len;
}
