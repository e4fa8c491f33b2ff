/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's long lists, as answers in parts. */
#ifndef DNAT_KMOD_LIST_H
#define DNAT_KMOD_LIST_H

#include "base/long_answer.h"
#include "conn/conn.h"
#include "model/types.h"
#include "module/kmod.h"

/**
 * kmod_conns - begin the answer to connection.show (control.h)
 * @model: the services, for their names; copied
 * @filter: which connections
 * @parts: result, the caller's to free
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_conns(const struct kmod *kmod, const struct model *model,
	       const struct conn_filter *filter, struct long_answer **parts,
	       struct err *err);

/**
 * kmod_ports - begin the answer to vdport.ports (control.h)
 * @vip: only the ports of this VIP, NULL for all
 * @proto: IPPROTO_TCP or IPPROTO_UDP, 0 for both
 * @parts: result, the caller's to free
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_ports(struct kmod *kmod, const struct addr *vip, uint8_t proto,
	       struct long_answer **parts, struct err *err);

struct nlmsghdr;

/* What the parsers below need.  Apart from the socket, for the tests. */
struct conn_reader {
	struct conn_names names;
	const char *state;	/* NULL: all; the module knows only classes */
	struct text *rows;
};

struct port_reader {
	const char *vip;
	const char *proto;
	struct text *rows;
};

/* A VIP and protocol with at least one pool. */
struct pool_vip {
	struct addr vip;
	uint8_t proto;
};

struct pool_vips {
	struct pool_vip only;	/* the rest is ignored; 0: any family, proto */
	size_t n, room;
	struct pool_vip *list;	/* sorted, no duplicates */
};

/* nl_fn (netlink.h): add the VIP and protocol of the pool in @nlh. */
int kmod_parse_pool_vip(const struct nlmsghdr *nlh, void *pool_vips);

/* nl_fn (netlink.h): append the contents of @nlh to the reader's rows. */
int kmod_parse_conn(const struct nlmsghdr *nlh, void *conn_reader);
int kmod_parse_ports(const struct nlmsghdr *nlh, void *port_reader);

#endif
