/* SPDX-License-Identifier: GPL-2.0-only */
/* The filter of a netlink request: which connections it selects. */
#ifndef DNAT_FILTER_H
#define DNAT_FILTER_H

#include "conn.h"
#include "netlink.h"

/* A length of 0, or false, means: do not filter by this.  Addresses and ports
 * are in network byte order.  Only DNAT_CMD_CONN_DEL sets @unanswered.
 */
struct dnat_filter {
	union nf_inet_addr vip, bip, cip;
	u8 vip_len, bip_len, cip_len;
	bool by_bport, by_service_port, by_l4proto, by_class, unanswered;
	__be16 bport;
	__be16 service_port;
	u8 l4proto;
	u8 class;
};

#define DNAT_FILTER_POLICY						\
	[DNAT_A_VIP] = DNAT_POLICY_ADDR,				\
	[DNAT_A_BACKEND] = DNAT_POLICY_ADDR,				\
	[DNAT_A_BACKEND_PORT] = { .type = NLA_U16 },			\
	[DNAT_A_L4PROTO] = { .type = NLA_U8 },				\
	[DNAT_A_CLIENT] = DNAT_POLICY_ADDR,				\
	[DNAT_A_SERVICE_PORT] = { .type = NLA_U16 },			\
	[DNAT_A_CLASS] = NLA_POLICY_MAX(NLA_U8, DNAT_CONN_CLOSED)

void dnat_filter_read(struct dnat_filter *filter, struct nlattr **attrs);
bool dnat_filter_wants_pool(const struct dnat_filter *filter,
			    const struct dnat_pool_key *key);
bool dnat_filter_wants(const struct dnat_filter *filter,
		       const struct dnat_conn *conn);

#endif /* DNAT_FILTER_H */
