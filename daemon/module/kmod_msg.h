/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of the module's generic netlink family, written and read. */
#ifndef DNAT_KMOD_MSG_H
#define DNAT_KMOD_MSG_H

#include <linux/double_nat.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "conn/conn.h"
#include "net/netlink.h"

#define KMOD_MODULE "nf_double_nat"

struct attrs {
	const struct nlattr *list[DNAT_A_MAX + 1];
};

/* What @nlh carries; attributes that are not known here are passed over. */
void attrs_parse(const struct nlmsghdr *nlh, struct attrs *attrs);

/* A number of as many bytes as the kernel chose for it; 0 where it is missing. */
uint64_t attrs_number(const struct attrs *attrs, uint16_t type);

/* Network to host byte order. */
uint16_t attrs_port(const struct attrs *attrs, uint16_t type);

/* Return: false where there is no address of that @type */
bool attrs_addr(const struct attrs *attrs, uint16_t type, struct addr *addr);

void attrs_put_addr(struct nlmsghdr *nlh, uint16_t type,
		    const struct addr *addr);

/* Have a request be about the connections that @filter wants. */
void kmod_put_filter(struct nlmsghdr *nlh, const struct conn_filter *filter);

/* Say why there is no list.  Return: @rc */
int kmod_no_list(const struct nl *nl, int rc, struct err *err);

#endif
