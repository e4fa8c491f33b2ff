/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's long lists, made in parts. */
#ifndef DNAT_KMOD_LIST_H
#define DNAT_KMOD_LIST_H

#include "base/long_answer.h"
#include "conn/conn.h"
#include "model/types.h"
#include "module/kmod.h"

/**
 * kmod_conns - the connections, as connection.show gives them (control.h)
 * @model: the services whose names are shown
 * @filter: which of them
 * @parts: result
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_conns(const struct kmod *kmod, const struct model *model,
	       const struct conn_filter *filter, struct long_answer **parts,
	       struct err *err);

/**
 * kmod_ports - the ports in use, as vdport.ports gives them (control.h)
 * @vip: only of this VIP, NULL for all
 * @proto: only of this protocol, 0 for all
 * @parts: result
 *
 * Return: 0 or a negative errno with @err set
 */
int kmod_ports(struct kmod *kmod, const struct addr *vip, uint8_t proto,
	       struct long_answer **parts, struct err *err);

struct nlmsghdr;

/* What is read with, apart from the socket, for tests. */
struct conn_reader {
	struct conn_names names;
	const char *state;	/* of a filter: the kernel knows the class alone */
	struct text *rows;
};

struct port_reader {
	const char *vip;
	const char *proto;
	struct text *rows;
};

/* The VIPs that have pools, each with its protocols: sorted, each once. */
struct pool_vip {
	struct addr vip;
	uint8_t proto;
};

struct pool_vips {
	struct pool_vip only;	/* what is asked for; family 0, proto 0: any */
	size_t n, room;
	struct pool_vip *list;
};

/* nl_fn: add the VIP and protocol of the pool that @nlh tells of to pool_vips. */
int kmod_parse_pool_vip(const struct nlmsghdr *nlh, void *pool_vips);

/* nl_fn (netlink.h): append what @nlh tells of to the reader's rows. */
int kmod_parse_conn(const struct nlmsghdr *nlh, void *conn_reader);
int kmod_parse_ports(const struct nlmsghdr *nlh, void *port_reader);

#endif
