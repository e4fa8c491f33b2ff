/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The direction-split table of connections (paper, 3.3).
 *
 * A connection stands in it twice: once as its client's packets look (IN), and
 * once as its backend's do (OUT).  So one lookup finds it, whoever the packet
 * is from, and tells which of the two it was.
 */
#ifndef DNAT_TABLE_H
#define DNAT_TABLE_H

#include "conn.h"

struct dnat_net;

/* A packet, as the table knows it. */
struct dnat_tuple {
	const void *saddr;	/* struct in_addr or struct in6_addr */
	const void *daddr;
	__be16 sport;
	__be16 dport;
	u8 l3num;		/* NFPROTO_IPV4 or NFPROTO_IPV6 */
	u8 l4proto;		/* IPPROTO_TCP or IPPROTO_UDP */
};

int dnat_table_init(struct dnat_net *dn);
void dnat_table_clean(struct dnat_net *dn);

struct dnat_way *dnat_table_find(struct dnat_net *dn,
				 const struct dnat_tuple *tuple);
int dnat_table_add(struct dnat_net *dn, struct dnat_conn *conn);
void dnat_table_del(struct dnat_net *dn, struct dnat_conn *conn);

#endif /* DNAT_TABLE_H */
