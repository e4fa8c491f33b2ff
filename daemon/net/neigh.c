// SPDX-License-Identifier: GPL-2.0-only
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/neigh.h"
#include "net/netlink.h"

struct tables {
	struct neigh_table *list;
	size_t n;
};

/* Only a table's first message has its size; interfaces' settings follow. */
static int take_table(const struct nlmsghdr *nlh, void *data)
{
	const struct ndtmsg *ndt = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr, *limit = NULL, *config = NULL;
	struct tables *tables = data;
	struct ndt_config values;

	if (nlh->nlmsg_type != RTM_NEWNEIGHTBL || tables->n == 2 ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*ndt) ||
	    (ndt->ndtm_family != AF_INET && ndt->ndtm_family != AF_INET6))
		return 0;
	mnl_attr_for_each(attr, nlh, sizeof(*ndt)) {
		if (mnl_attr_get_type(attr) == NDTA_THRESH3 &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			limit = attr;
		if (mnl_attr_get_type(attr) == NDTA_CONFIG &&
		    mnl_attr_get_payload_len(attr) >= sizeof(values))
			config = attr;
	}
	if (!limit || !config)
		return 0;
	memcpy(&values, mnl_attr_get_payload(config), sizeof(values));
	tables->list[tables->n++] = (struct neigh_table){
		.family = ndt->ndtm_family,
		.entries = values.ndtc_entries,
		.limit = mnl_attr_get_u32(limit),
	};
	return 0;
}

static void forget(void *data)
{
	struct tables *tables = data;

	tables->n = 0;
}

size_t neigh_tables(struct neigh_table list[2])
{
	struct tables tables = { .list = list };
	struct nl nl;
	int rc;

	if (nl_open(&nl, NETLINK_ROUTE, NULL))
		return 0;
	rc = nl_list(&nl, RTM_GETNEIGHTBL, take_table, forget, &tables);
	nl_close(&nl);
	return rc ? 0 : tables.n;
}
