// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>

#include "ct.h"
#include "netlink.h"

/* As conntrack(8) prints them; by enum tcp_state. */
static const char *const tcp_states[] = {
	"NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT",
	"CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2",
};

/* One side of a connection, in one direction. */
struct end {
	struct addr addr;
	uint16_t port;		/* host byte order */
};

struct flow {
	uint8_t proto;
	struct end client, vip;		/* original source and destination */
	struct end backend, answer;	/* reply source and destination */
	uint32_t status;
};

static void get_end(const struct nf_conntrack *ct, struct end *end,
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

static bool get_flow(const struct nf_conntrack *ct, struct flow *flow)
{
	uint8_t family = nfct_get_attr_u8(ct, ATTR_ORIG_L3PROTO);

	flow->proto = nfct_get_attr_u8(ct, ATTR_ORIG_L4PROTO);
	flow->status = nfct_get_attr_u32(ct, ATTR_STATUS);
	if ((family != AF_INET && family != AF_INET6) ||
	    (flow->proto != IPPROTO_TCP && flow->proto != IPPROTO_UDP))
		return false;
	get_end(ct, &flow->client, family, ATTR_ORIG_IPV4_SRC,
		ATTR_ORIG_IPV6_SRC, ATTR_ORIG_PORT_SRC);
	get_end(ct, &flow->vip, family, ATTR_ORIG_IPV4_DST,
		ATTR_ORIG_IPV6_DST, ATTR_ORIG_PORT_DST);
	get_end(ct, &flow->backend, family, ATTR_REPL_IPV4_SRC,
		ATTR_REPL_IPV6_SRC, ATTR_REPL_PORT_SRC);
	get_end(ct, &flow->answer, family, ATTR_REPL_IPV4_DST,
		ATTR_REPL_IPV6_DST, ATTR_REPL_PORT_DST);
	return true;
}

static int compare_key(uint8_t proto_a, const struct addr *a, uint16_t port_a,
		       uint8_t proto_b, const struct addr *b, uint16_t port_b)
{
	if (proto_a != proto_b)
		return proto_a < proto_b ? -1 : 1;
	if (port_a != port_b)
		return port_a < port_b ? -1 : 1;
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, addr_len(a->family));
}

static int compare_services(const void *one, const void *two)
{
	const struct service *a = *(const struct service *const *)one;
	const struct service *b = *(const struct service *const *)two;

	return compare_key(a->proto, &a->vip, a->port,
			   b->proto, &b->vip, b->port);
}

static int compare_flow(const void *one, const void *two)
{
	const struct service *b = *(const struct service *const *)two;
	const struct flow *flow = one;

	return compare_key(flow->proto, &flow->vip.addr, flow->vip.port,
			   b->proto, &b->vip, b->port);
}

int ct_query_init(struct ct_query *query, const struct model *model,
		  const struct service *service, const struct addr *backend)
{
	size_t n = service ? 1 : model->n_services;

	memset(query, 0, sizeof(*query));
	query->backend = backend;
	query->now = time(NULL);
	query->services = calloc(n ? n : 1, sizeof(*query->services));
	query->result = json_array();
	if (!query->services || !query->result) {
		ct_query_clean(query);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		query->services[i] = service ? service : model->services[i];
	query->n_services = n;
	qsort(query->services, n, sizeof(*query->services), compare_services);
	return 0;
}

void ct_query_clean(struct ct_query *query)
{
	free(query->services);
	json_decref(query->result);
	query->services = NULL;
	query->result = NULL;
}

static const char *state_text(const struct nf_conntrack *ct,
			      const struct flow *flow)
{
	uint8_t state;

	/* Conntrack knows neither state nor timeout while a flowtable has it. */
	if (flow->status & IPS_OFFLOAD)
		return "OFFLOAD";
	if (flow->proto == IPPROTO_TCP) {
		state = nfct_get_attr_u8(ct, ATTR_TCP_STATE);
		if (state < sizeof(tcp_states) / sizeof(tcp_states[0]))
			return tcp_states[state];
		return "NONE";
	}
	if (!(flow->status & IPS_SEEN_REPLY))
		return "UNREPLIED";
	return flow->status & IPS_ASSURED ? "ASSURED" : "REPLIED";
}

static json_t *age(const struct nf_conntrack *ct, time_t now)
{
	uint64_t start = nfct_get_attr_u64(ct, ATTR_TIMESTAMP_START);
	time_t began = (time_t)(start / 1000000000);

	if (!nfct_attr_is_set(ct, ATTR_TIMESTAMP_START) || !start)
		return json_null();
	return json_integer(now > began ? now - began : 0);
}

static json_t *to_json(const struct nf_conntrack *ct, const struct flow *flow,
		       const struct service *service, time_t now)
{
	char client[INET6_ADDRSTRLEN], vip[INET6_ADDRSTRLEN];
	char backend[INET6_ADDRSTRLEN];

	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:i, s:i, s:s, s:i, s:s, s:o, s:I}",
			 "service", service->name,
			 "proto", proto_text(flow->proto),
			 "client",
			 addr_text(&flow->client.addr, client, sizeof(client)),
			 "client_port", flow->client.port,
			 "vip", addr_text(&flow->vip.addr, vip, sizeof(vip)),
			 "port", flow->vip.port,
			 "vdport", flow->answer.port,
			 "backend",
			 addr_text(&flow->backend.addr, backend, sizeof(backend)),
			 "backend_port", flow->backend.port,
			 "state", state_text(ct, flow),
			 "age", age(ct, now),
			 "expires",
			 (json_int_t)nfct_get_attr_u32(ct, ATTR_TIMEOUT));
}

/*
 * Ours is what its backend sees coming from the VIP.  The status bit for a
 * rewritten source would miss the balancer's own connections to a VIP that it
 * holds: these come from the VIP to begin with.
 */
static int take(struct ct_query *query, const struct nf_conntrack *ct)
{
	const struct service *const *found;
	struct flow flow;

	if (!get_flow(ct, &flow) || !(flow.status & IPS_DST_NAT) ||
	    !addr_equal(&flow.answer.addr, &flow.vip.addr))
		return 0;
	if (query->backend && !addr_equal(&flow.backend.addr, query->backend))
		return 0;
	found = bsearch(&flow, query->services, query->n_services,
			sizeof(*query->services), compare_flow);
	if (!found)
		return 0;
	return json_array_append_new(query->result,
				     to_json(ct, &flow, *found, query->now)) ?
		       -ENOMEM : 0;
}

int ct_parse(const struct nlmsghdr *nlh, void *query)
{
	struct nf_conntrack *ct = nfct_new();
	int rc = 0;

	if (!ct)
		return -ENOMEM;
	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(struct nfgenmsg) &&
	    nfct_nlmsg_parse(nlh, ct) >= 0)
		rc = take(query, ct);
	nfct_destroy(ct);
	return rc;
}

static int dump(struct nl *nl, struct ct_query *query)
{
	char buf[MNL_SOCKET_BUFFER_SIZE]
		__attribute__((aligned(__alignof__(struct nlmsghdr))));
	struct nfgenmsg *nfg;
	struct nlmsghdr *nlh;

	nlh = nl_request(nl, buf, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET,
			 NLM_F_DUMP);
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = AF_UNSPEC;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = 0;
	return nl_talk(nl, nlh, ct_parse, query);
}

int ct_show(const struct model *model, const struct service *service,
	    const struct addr *backend, json_t **result, struct err *err)
{
	struct ct_query query;
	struct nl nl;
	int rc;

	rc = nl_open(&nl, NETLINK_NETFILTER, err);
	if (rc)
		return rc;
	rc = ct_query_init(&query, model, service, backend);
	if (rc) {
		err_set(err, rc, NULL, "out of memory");
		goto out;
	}
	rc = dump(&nl, &query);
	if (rc)
		err_set(err, rc, NULL, "cannot list conntrack's connections: %s",
			nl_reason(&nl, rc));
	else
		*result = json_incref(query.result);
	ct_query_clean(&query);
out:
	nl_close(&nl);
	return rc;
}
