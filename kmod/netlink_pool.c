// SPDX-License-Identifier: GPL-2.0-only
/* Attributes that several commands use. */
#include "netlink.h"
#include "uapi/linux/double_nat.h"

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
 * dnat_check_addr - check that an attribute has the length of an address
 * @attr: IPv4 or IPv6 address
 * @extack: for the error message
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
