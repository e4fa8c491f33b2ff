/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses on interfaces, as rtnetlink tells them. */
#ifndef DNAT_ADDRESS_H
#define DNAT_ADDRESS_H

#include <libmnl/libmnl.h>
#include <stdbool.h>

#include "common/addr.h"
#include "model/types.h"

/*
 * The IFA_PROTO of the addresses that dnatd adds.  Recent versions of ip(8) show
 * this as "proto 212".  So dnatd knows its own addresses even after a crash.
 */
#define ADDRESS_OURS 212

/* IFA_PROTO; headers before Linux 5.18 lack it, and #ifdef knows no enum. */
#define ADDRESS_ATTR_PROTO 11

struct address {
	struct addr addr;
	unsigned int ifindex;
	uint8_t prefix;
	uint8_t proto;
	bool preferred;		/* can be the source of new connections */
	bool tentative;		/* not in use before it is known to be unique */
};

struct addresses {
	size_t n;
	size_t room;
	struct address *list;
};

/* Read a message of @type.  Return: false if it is another or has no address */
bool address_read(const struct nlmsghdr *nlh, uint16_t type,
		  struct address *address);

/* By interface and address, for qsort(). */
int address_compare(const void *a, const void *b);

/* Return: 0 or -ENOMEM */
int addresses_add(struct addresses *all, const struct address *address);

void addresses_sort(struct addresses *all);

/* @all: sorted.  Return: NULL if it is not among them */
const struct address *addresses_find(const struct addresses *all,
				     const struct addr *addr,
				     unsigned int ifindex);

/* Add the VIPs of @model whose interfaces exist, and sort.  Return: 0, -ENOMEM */
int addresses_wanted(struct addresses *all, const struct model *model);

#endif
