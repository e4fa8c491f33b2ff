/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps of table_read(), apart from the socket: for it and for tests. */
#ifndef DNAT_TABLE_READ_H
#define DNAT_TABLE_READ_H

#include <libnftnl/rule.h>

#include "nft/table.h"

struct table_read {
	struct table *table;
	struct nftnl_set_list *sets;
	struct nftnl_rule_list *rules;
	struct nftnl_set *set;		/* whose elements are being read */
};

int table_read_init(struct table_read *read, struct table *table);
void table_read_clean(struct table_read *read);

/* nl_fn: one message of a dump; what is not of our table is passed over. */
int table_read_message(const struct nlmsghdr *nlh, void *data);

/* All messages are in: make items of them. */
int table_read_finish(struct table_read *read);

#endif
