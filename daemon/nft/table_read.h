/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps of table_read() without the socket, for table_read() and tests. */
#ifndef DNAT_TABLE_READ_H
#define DNAT_TABLE_READ_H

#include <libnftnl/rule.h>

#include "nft/table.h"

struct table_read {
	struct table *table;
	struct nftnl_set_list *sets;
	struct nftnl_rule_list *rules;
	struct nftnl_set *set;		/* set whose elements are being read */
};

int table_read_init(struct table_read *read, struct table *table);
void table_read_clean(struct table_read *read);

/* nl_fn (netlink.h): read one message of a dump; other tables are skipped. */
int table_read_message(const struct nlmsghdr *nlh, void *data);

/* Make the items after the last message.  Return: 0 or -ENOMEM */
int table_read_finish(struct table_read *read);

#endif
