// SPDX-License-Identifier: GPL-2.0-only
/* DNAT_CMD_SERVICE_ADD and _DEL: which ports of a VIP are no vdports. */
#include "dnat.h"
#include "netlink.h"
#include "uapi/linux/double_nat.h"

const struct nla_policy dnat_service_policy[DNAT_SERVICE_MAXATTR + 1] = {
	[DNAT_A_VIP] = DNAT_POLICY_ADDR,
	[DNAT_A_L4PROTO] = { .type = NLA_U8 },
	[DNAT_A_SERVICE_PORT] = { .type = NLA_BE16 },
};

/* Return: 0, or -EINVAL and the extack says what is wrong with the request */
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
