// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libnetfilter_conntrack/libnetfilter_conntrack.h>

#include "conn/ct.h"
#include "conn/conn_count.h"
#include "net/netlink.h"

static void get_end(const struct nf_conntrack *ct, struct conn_end *end,
		    uint8_t family, enum nf_conntrack_attr v4,
		    enum nf_conntrack_attr v6, enum nf_conntrack_attr port)
{
	const void *bytes = nfct_get_attr(ct, family == AF_INET ? v4 : v6);

	memset(end, 0, sizeof(*end));
	end->addr.family = family;
	if (bytes)
		memcpy(end->addr.bytes, bytes, addr_len(family));
	end->port = ntohs(nfct_get_attr_u16(ct, port));
}

/* @age: seconds since the start.  Return: false if there is no timestamp */
static bool get_age(const struct nf_conntrack *ct, time_t now, uint32_t *age)
{
	uint64_t start = nfct_get_attr_u64(ct, ATTR_TIMESTAMP_START);
	time_t began = (time_t)(start / 1000000000);

	*age = now > began ? (uint32_t)(now - began) : 0;
	return nfct_attr_is_set(ct, ATTR_TIMESTAMP_START) && start;
}

/* Return: false unless it is TCP or UDP over IPv4 or IPv6 */
static bool get_any(const struct nf_conntrack *ct, time_t now,
		    struct conn *conn)
{
	uint8_t family = nfct_get_attr_u8(ct, ATTR_ORIG_L3PROTO);

	memset(conn, 0, sizeof(*conn));
	conn->proto = nfct_get_attr_u8(ct, ATTR_ORIG_L4PROTO);
	conn->status = nfct_get_attr_u32(ct, ATTR_STATUS);
	if ((family != AF_INET && family != AF_INET6) ||
	    (conn->proto != IPPROTO_TCP && conn->proto != IPPROTO_UDP))
		return false;
	get_end(ct, &conn->client, family, ATTR_ORIG_IPV4_SRC,
		ATTR_ORIG_IPV6_SRC, ATTR_ORIG_PORT_SRC);
	get_end(ct, &conn->vip, family, ATTR_ORIG_IPV4_DST,
		ATTR_ORIG_IPV6_DST, ATTR_ORIG_PORT_DST);
	get_end(ct, &conn->backend, family, ATTR_REPL_IPV4_SRC,
		ATTR_REPL_IPV6_SRC, ATTR_REPL_PORT_SRC);
	conn->vdport = ntohs(nfct_get_attr_u16(ct, ATTR_REPL_PORT_DST));
	conn->tcp_state = nfct_get_attr_u8(ct, ATTR_TCP_STATE);
	conn->expires = nfct_get_attr_u32(ct, ATTR_TIMEOUT);
	conn->aged = get_age(ct, now, &conn->age);
	return true;
}

/*
 * Both ends are rewritten if the backend sees the VIP as the source.
 * IPS_SRC_NAT is not tested: it is not set for connections from this machine to
 * its own VIP, whose source is the VIP from the start.
 */
static bool get_conn(const struct nf_conntrack *ct, time_t now,
		     struct conn *conn)
{
	struct conn_end answer;

	if (!get_any(ct, now, conn) || !(conn->status & IPS_DST_NAT))
		return false;
	get_end(ct, &answer, conn->vip.addr.family, ATTR_REPL_IPV4_DST,
		ATTR_REPL_IPV6_DST, ATTR_REPL_PORT_DST);
	return addr_equal(&answer.addr, &conn->vip.addr);
}

int ct_query_init(struct ct_query *query, const struct model *model,
		  const struct conn_filter *filter)
{
	memset(query, 0, sizeof(*query));
	query->filter = filter;
	query->now = time(NULL);
	return conn_names_init(&query->names, model);
}

void ct_query_clean(struct ct_query *query)
{
	conn_names_clean(&query->names);
}

const char *ct_wanted(const struct ct_query *query,
		      const struct nf_conntrack *ct, struct conn *conn)
{
	if (!get_conn(ct, query->now, conn) ||
	    !conn_matches(conn, query->filter))
		return NULL;
	return conn_names_find(&query->names, conn);
}

bool ct_is_early(const struct ct_query *query, const struct nf_conntrack *ct)
{
	struct conn conn;

	return get_any(ct, query->now, &conn) &&
	       !(conn.status & IPS_DST_NAT) &&
	       (conn.proto == IPPROTO_UDP ||
		!(conn.status & IPS_SEEN_REPLY)) &&
	       conn_names_find(&query->names, &conn);
}

bool ct_in_set(const struct conn_set *set, const struct nf_conntrack *ct)
{
	struct conn conn;

	return get_conn(ct, 0, &conn) && conn_set_has(set, &conn);
}

int ct_parse(const struct nlmsghdr *nlh, void *query)
{
	struct nf_conntrack *ct = nfct_new();
	struct ct_query *self = query;
	const char *service;
	struct conn conn;
	int rc = 0;

	if (!ct)
		return -ENOMEM;
	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(struct nfgenmsg) &&
	    nfct_nlmsg_parse(nlh, ct) >= 0) {
		service = ct_wanted(self, ct, &conn);
		if (service)
			rc = conn_put(self->rows, &conn, service);
	}
	nfct_destroy(ct);
	return rc;
}

static int ask(struct nl *nl, struct err *err)
{
	NL_REQUEST_BUF(buf);
	int rc = nl_open(nl, NETLINK_NETFILTER, err);

	if (rc)
		return rc;
	rc = nl_send(nl, nl_netfilter(nl, buf, NFNL_SUBSYS_CTNETLINK,
				      IPCTNL_MSG_CT_GET, NLM_F_DUMP,
				      AF_UNSPEC));
	if (!rc)
		return TASK_MORE;
	err_set(err, rc, NULL, "conntrack was not asked: %s",
		nl_reason(nl, rc));
	nl_close(nl);
	return rc;
}

int ct_more(struct nl *nl, nl_fn fn, void *data, struct err *err)
{
	int done, rc;

	if (!nl->sock)
		return ask(nl, err);
	rc = nl_receive(nl, fn, data, &done);
	if (!rc && !done)
		return TASK_MORE;
	nl_close(nl);
	return rc ? err_set(err, rc, NULL,
			    "cannot list connections: %s",
			    nl_reason(nl, rc)) : TASK_DONE;
}

int ct_count(const struct nlmsghdr *nlh, void *counts)
{
	struct nf_conntrack *ct = nfct_new();
	struct conn conn;

	if (!ct)
		return -ENOMEM;
	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(struct nfgenmsg) &&
	    nfct_nlmsg_parse(nlh, ct) >= 0 && get_conn(ct, 0, &conn))
		conn_counts_add(counts, &conn);
	nfct_destroy(ct);
	return 0;
}

/* The answer to connection.show, with its own socket. */
struct ct_list {
	struct long_answer parts;
	struct nl nl;
	struct conn_filter filter;
	struct ct_query query;
};

static int list_next(struct task *task, struct text *rows, struct err *err)
{
	struct ct_list *list = (struct ct_list *)task;

	list->query.rows = rows;
	return ct_more(&list->nl, ct_parse, &list->query, err);
}

static void list_free(struct task *task)
{
	struct ct_list *list = (struct ct_list *)task;

	ct_query_clean(&list->query);
	nl_close(&list->nl);
	free(list);
}

int ct_show(const struct model *model, const struct conn_filter *filter,
	    struct long_answer **parts, struct err *err)
{
	struct ct_list *list = task_new(sizeof(*list), list_next, list_free);

	if (!list)
		return err_no_memory(err);
	list->filter = *filter;
	if (ct_query_init(&list->query, model, &list->filter)) {
		free(list);
		return err_no_memory(err);
	}
	*parts = &list->parts;
	return 0;
}
