// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <string.h>

#include "module/kmod_msg.h"

static int take_attr(const struct nlattr *attr, void *data)
{
	struct attrs *attrs = data;
	uint16_t type = mnl_attr_get_type(attr);

	/* A newer module may send attributes that dnatd does not know. */
	if (type <= DNAT_A_MAX)
		attrs->list[type] = attr;
	return MNL_CB_OK;
}

void attrs_parse(const struct nlmsghdr *nlh, struct attrs *attrs)
{
	memset(attrs, 0, sizeof(*attrs));
	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(struct genlmsghdr))
		mnl_attr_parse(nlh, sizeof(struct genlmsghdr), take_attr, attrs);
}

uint64_t attrs_number(const struct attrs *attrs, uint16_t type)
{
	const struct nlattr *attr = attrs->list[type];
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	switch (attr ? mnl_attr_get_payload_len(attr) : 0) {
	case 1:
		return mnl_attr_get_u8(attr);
	case 2:
		memcpy(&u16, mnl_attr_get_payload(attr), sizeof(u16));
		return u16;
	case 4:
		memcpy(&u32, mnl_attr_get_payload(attr), sizeof(u32));
		return u32;
	case 8:
		memcpy(&u64, mnl_attr_get_payload(attr), sizeof(u64));
		return u64;
	}
	return 0;
}

uint16_t attrs_port(const struct attrs *attrs, uint16_t type)
{
	return ntohs((uint16_t)attrs_number(attrs, type));
}

bool attrs_addr(const struct attrs *attrs, uint16_t type, struct addr *addr)
{
	const struct nlattr *attr = attrs->list[type];
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0;

	memset(addr, 0, sizeof(*addr));
	if (len == sizeof(addr->v4))
		addr->family = AF_INET;
	else if (len == sizeof(addr->v6))
		addr->family = AF_INET6;
	else
		return false;
	memcpy(addr->bytes, mnl_attr_get_payload(attr), len);
	return true;
}

void attrs_put_addr(struct nlmsghdr *nlh, uint16_t type,
		    const struct addr *addr)
{
	mnl_attr_put(nlh, type, addr_len(addr->family), addr->bytes);
}

static void put_end(struct nlmsghdr *nlh, const struct conn_end *end,
		    uint16_t addr_type, uint16_t port_type)
{
	if (end->addr.family)
		attrs_put_addr(nlh, addr_type, &end->addr);
	if (end->port)
		mnl_attr_put_u16(nlh, port_type, htons(end->port));
}

void kmod_put_filter(struct nlmsghdr *nlh, const struct conn_filter *filter)
{
	put_end(nlh, &filter->vip, DNAT_A_VIP, DNAT_A_SERVICE_PORT);
	put_end(nlh, &filter->backend, DNAT_A_BACKEND, DNAT_A_BACKEND_PORT);
	if (filter->proto)
		mnl_attr_put_u8(nlh, DNAT_A_L4PROTO, filter->proto);
	if (filter->client.addr.family)
		attrs_put_addr(nlh, DNAT_A_CLIENT, &filter->client.addr);
	if (filter->class != CONN_ANY)
		mnl_attr_put_u8(nlh, DNAT_A_CLASS, (uint8_t)filter->class);
	if (filter->unanswered)
		mnl_attr_put_u8(nlh, DNAT_A_NO_ANSWER, 1);
}
