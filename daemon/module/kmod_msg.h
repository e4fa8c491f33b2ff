/* SPDX-License-Identifier: GPL-2.0-only */
/* Write and parse messages of the module's generic netlink family. */
#ifndef DNAT_KMOD_MSG_H
#define DNAT_KMOD_MSG_H

#include <linux/double_nat.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "conn/conn.h"
#include "net/netlink.h"

#define KMOD_MODULE "nf_double_nat"

/* A message's attributes by type, NULL if missing; valid while it is. */
struct attrs {
	const struct nlattr *list[DNAT_A_MAX + 1];
};

/* Find the attributes of @nlh.  Unknown attributes are ignored. */
void attrs_parse(const struct nlmsghdr *nlh, struct attrs *attrs);

/* Read a number of 1, 2, 4 or 8 bytes, byte order unchanged; 0 if missing. */
uint64_t attrs_number(const struct attrs *attrs, uint16_t type);

/* Read a port, converted from network to host byte order; 0 if missing. */
uint16_t attrs_port(const struct attrs *attrs, uint16_t type);

/* Return: false if the attribute is missing or is no address */
bool attrs_addr(const struct attrs *attrs, uint16_t type, struct addr *addr);

void attrs_put_addr(struct nlmsghdr *nlh, uint16_t type,
		    const struct addr *addr);

/* Add @filter to a request.  The module ignores its state. */
void kmod_put_filter(struct nlmsghdr *nlh, const struct conn_filter *filter);

#endif
