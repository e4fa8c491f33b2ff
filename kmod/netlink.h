/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of the generic netlink family. */
#ifndef DNAT_NETLINK_H
#define DNAT_NETLINK_H

#include <net/genetlink.h>

#include "uapi/linux/double_nat.h"
#include "pool.h"

extern struct genl_family dnat_genl_family;

enum dnat_group {
	DNAT_GROUP_EVENTS,
};

#define DNAT_POLICY_ADDR NLA_POLICY_VALIDATE_FN(NLA_BINARY, dnat_check_addr)

/* netlink_pool.c: attributes that several commands use */
int dnat_put_addr(struct sk_buff *skb, int attr, u8 l3num,
		  const union nf_inet_addr *addr);
int dnat_put_pool_key(struct sk_buff *skb, const struct dnat_pool_key *key);
int dnat_check_addr(const struct nlattr *attr, struct netlink_ext_ack *extack);

/* netlink_conn.c: DNAT_CMD_CONN_GET */
#define DNAT_CONN_MAXATTR DNAT_A_CLASS
extern const struct nla_policy dnat_conn_policy[DNAT_CONN_MAXATTR + 1];
int dnat_conn_dump_start(struct netlink_callback *cb);
int dnat_conn_dump(struct sk_buff *skb, struct netlink_callback *cb);
int dnat_conn_dump_done(struct netlink_callback *cb);

/* netlink_counter.c: DNAT_CMD_COUNTER_GET */
/* not its own last attribute: dnat_filter_read() reads up to this one */
#define DNAT_COUNTER_MAXATTR DNAT_CONN_MAXATTR
extern const struct nla_policy dnat_counter_policy[DNAT_COUNTER_MAXATTR + 1];
int dnat_counter_dump_start(struct netlink_callback *cb);
int dnat_counter_dump(struct sk_buff *skb, struct netlink_callback *cb);
int dnat_counter_dump_done(struct netlink_callback *cb);

/* netlink_end.c: DNAT_CMD_CONN_DEL */
#define DNAT_END_MAXATTR DNAT_A_NO_ANSWER
extern const struct nla_policy dnat_end_policy[DNAT_END_MAXATTR + 1];
int dnat_end_start(struct netlink_callback *cb);
int dnat_end_dump(struct sk_buff *skb, struct netlink_callback *cb);
int dnat_end_done(struct netlink_callback *cb);

/* netlink_port.c: DNAT_CMD_PORT_GET */
#define DNAT_PORT_MAXATTR DNAT_A_L4PROTO
extern const struct nla_policy dnat_port_policy[DNAT_PORT_MAXATTR + 1];
int dnat_port_dump_start(struct netlink_callback *cb);
int dnat_port_dump(struct sk_buff *skb, struct netlink_callback *cb);
int dnat_port_dump_done(struct netlink_callback *cb);

/* netlink_service.c: DNAT_CMD_SERVICE_* */
#define DNAT_SERVICE_MAXATTR DNAT_A_SERVICE_PORT
extern const struct nla_policy dnat_service_policy[DNAT_SERVICE_MAXATTR + 1];
int dnat_cmd_service_add(struct sk_buff *req, struct genl_info *info);
int dnat_cmd_service_del(struct sk_buff *req, struct genl_info *info);
int dnat_service_dump_start(struct netlink_callback *cb);
int dnat_service_dump(struct sk_buff *skb, struct netlink_callback *cb);
int dnat_service_dump_done(struct netlink_callback *cb);

#endif /* DNAT_NETLINK_H */
