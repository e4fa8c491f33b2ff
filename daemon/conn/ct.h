/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections through the services, from conntrack. */
#ifndef DNAT_CT_H
#define DNAT_CT_H

#include <time.h>

#include "base/long_answer.h"
#include "common/err.h"
#include "conn/conn.h"
#include "conn/conn_set.h"
#include "model/types.h"

/**
 * ct_show - the connections of the model's services, as connection.show gives
 *	them (control.h)
 * @model: says which connections are ours: those to a service's VIP, port and
 *	protocol that were rewritten on both ends; may change later
 * @filter: which of them; copied
 * @parts: result
 *
 * Return: 0 or a negative errno with @err set
 */
int ct_show(const struct model *model, const struct conn_filter *filter,
	    struct long_answer **parts, struct err *err);

struct nl;
struct nlmsghdr;

/**
 * ct_ask - ask for the whole list on a socket of one's own
 * @nl: result, for nl_receive() and nl_close(); closed where this fails
 *
 * All of it, and not what the kernel would filter: it makes as much of the list as
 * fits in a datagram when the one before is read, and where few connections fit a
 * filter that is a walk through the whole table.
 *
 * Return: 0 or a negative errno with @err set
 */
int ct_ask(struct nl *nl, struct err *err);

/* nl_fn (netlink.h): add the connection that @nlh tells of to the struct conn_counts. */
int ct_take_left(const struct nlmsghdr *nlh, void *lefts);

/* What ct_show() asks of each connection; apart from the socket, for tests. */
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
 * ct_wanted - is this one of the connections that are asked for?
 * @ct: as conntrack tells of it
 * @conn: result
 *
 * Return: its service's name, or NULL
 */
const char *ct_wanted(const struct ct_query *query,
		      const struct nf_conntrack *ct, struct conn *conn);

/**
 * ct_astray - did this flow begin when its service was not there yet?
 * @ct: as conntrack tells of it
 *
 * Rules see a flow's first packet only.  One over UDP goes on for as long as
 * its client keeps sending; one over TCP for as long as he repeats his SYN and
 * nobody answers.
 */
bool ct_astray(const struct ct_query *query, const struct nf_conntrack *ct);

/* Is this a rewritten connection that @set has? */
bool ct_in_set(const struct conn_set *set, const struct nf_conntrack *ct);

/**
 * ct_request - begin a request to conntrack
 * @nl: that it will be sent on
 * @buf: as nl_request() wants it
 * @flags: of nl_request()
 * @cmd: IPCTNL_MSG_CT_*
 * @family: AF_INET, AF_INET6 or AF_UNSPEC
 */
struct nlmsghdr *ct_request(struct nl *nl, void *buf, uint16_t flags,
			    uint8_t cmd, uint8_t family);

/* nl_fn (netlink.h): append the connection that @nlh tells of, if asked for. */
int ct_parse(const struct nlmsghdr *nlh, void *query);

#endif
