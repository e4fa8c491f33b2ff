/* SPDX-License-Identifier: GPL-2.0-only */
/* List the connections of the services, from conntrack. */
#ifndef DNAT_CT_H
#define DNAT_CT_H

#include <time.h>

#include "base/long_answer.h"
#include "common/err.h"
#include "conn/conn.h"
#include "conn/conn_set.h"
#include "model/types.h"
#include "net/netlink.h"

/**
 * ct_show - begin the answer to connection.show (control.h)
 * @model: connections belong to its services if they went to a service's VIP,
 *	port and protocol and both ends were rewritten; may change later
 * @filter: which of these connections; copied
 * @parts: result, for long_answer_free()
 *
 * Return: 0 or a negative errno with @err set
 */
int ct_show(const struct model *model, const struct conn_filter *filter,
	    struct long_answer **parts, struct err *err);

/**
 * ct_more - do the next step of reading all connections
 * @nl: all zeros for the first step, which opens it and asks.  Each further
 *	step reads one datagram, and the last one closes it.  Stop earlier with
 *	nl_close()
 * @fn, @data: as for nl_talk()
 *
 * The kernel is not asked to filter.  It fills one datagram each time one is
 * read, and if few connections match the filter, that is a walk through the
 * whole table, which blocks the caller.
 *
 * Return: TASK_MORE, TASK_DONE or a negative errno with @err set
 */
int ct_more(struct nl *nl, nl_fn fn, void *data, struct err *err);

/*
 * nl_fn (netlink.h): count the connection in @nlh.  @counts: struct conn_counts
 */
int ct_count(const struct nlmsghdr *nlh, void *counts);

/* The filter of ct_show() without its socket, for tests. */
struct ct_query {
	struct conn_names names;
	const struct conn_filter *filter;
	time_t now;
	struct text *rows;	/* for ct_parse() */
};

int ct_query_init(struct ct_query *query, const struct model *model,
		  const struct conn_filter *filter);
void ct_query_clean(struct ct_query *query);

struct nf_conntrack;

/**
 * ct_wanted - whether a connection is a service's and matches the filter
 * @ct: conntrack's entry
 * @conn: result, the connection
 *
 * Return: the service's name, owned by @query; NULL: the connection is not
 *	wanted
 */
const char *ct_wanted(const struct ct_query *query,
		      const struct nf_conntrack *ct, struct conn *conn);

/**
 * ct_is_early - whether a flow to a service began before the service was there
 * @ct: conntrack's entry
 *
 * NAT rules see only the first packet of a flow, so such a flow never reaches a
 * backend.  Over UDP it lasts while the client sends; over TCP while the client
 * repeats its SYN without a reply.
 */
bool ct_is_early(const struct ct_query *query, const struct nf_conntrack *ct);

/* Whether both ends of the connection were rewritten and @set matches it. */
bool ct_in_set(const struct conn_set *set, const struct nf_conntrack *ct);

/* nl_fn (netlink.h): append the connection in @nlh to query->rows if wanted. */
int ct_parse(const struct nlmsghdr *nlh, void *query);

#endif
