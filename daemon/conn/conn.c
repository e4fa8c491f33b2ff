// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <stdlib.h>
#include <string.h>

#include "conn/conn.h"

#define ROW_LEN 512		/* more than the longest row */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The names that conntrack(8) prints, by enum tcp_conntrack. */
static const char *const tcp_states[] = {
	"NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT",
	"CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2",
};

static const char *const classes[] = {
	[CONN_OPEN] = "open",
	[CONN_HALF_OPEN] = "half-open",
	[CONN_CLOSED] = "closed",
};

/* The states of UDP, and of connections in a flowtable. */
static const struct {
	const char *name;
	enum conn_class class;
} other_states[] = {
	{ "UNREPLIED", CONN_ANY },
	{ "REPLIED", CONN_HALF_OPEN },
	{ "ASSURED", CONN_OPEN },
	{ "OFFLOAD", CONN_ANY },
};

/* A copy, because the model may change while a long answer is made. */
struct conn_name {
	uint8_t proto;
	struct conn_end vip;
	char name[SERVICE_NAME_LEN + 1];
};

static int compare(uint8_t proto_a, const struct conn_end *a, uint8_t proto_b,
		   const struct conn_end *b)
{
	if (proto_a != proto_b)
		return proto_a < proto_b ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->addr.family != b->addr.family)
		return a->addr.family < b->addr.family ? -1 : 1;
	return memcmp(a->addr.bytes, b->addr.bytes, addr_len(a->addr.family));
}

static int compare_names(const void *one, const void *two)
{
	const struct conn_name *a = one;
	const struct conn_name *b = two;

	return compare(a->proto, &a->vip, b->proto, &b->vip);
}

static int compare_conn(const void *one, const void *two)
{
	const struct conn *conn = one;
	const struct conn_name *b = two;

	return compare(conn->proto, &conn->vip, b->proto, &b->vip);
}

int conn_names_init(struct conn_names *names, const struct model *model)
{
	/* + 1, because calloc(0) may return NULL. */
	names->list = calloc(model->n_services + 1, sizeof(*names->list));
	names->n = 0;
	if (!names->list)
		return -ENOMEM;
	for (size_t i = 0; i < model->n_services; i++) {
		const struct service *service = model->services[i];
		struct conn_name *name = &names->list[names->n++];

		name->proto = service->proto;
		name->vip.addr = service->vip;
		name->vip.port = service->port;
		memcpy(name->name, service->name, sizeof(name->name));
	}
	qsort(names->list, names->n, sizeof(*names->list), compare_names);
	return 0;
}

void conn_names_clean(struct conn_names *names)
{
	free(names->list);
	names->list = NULL;
	names->n = 0;
}

const char *conn_names_find(const struct conn_names *names,
			    const struct conn *conn)
{
	const struct conn_name *found;

	found = bsearch(conn, names->list, names->n, sizeof(*names->list),
			compare_conn);
	return found ? found->name : NULL;
}

enum conn_class conn_class_of(const struct conn *conn)
{
	if (conn->proto == IPPROTO_TCP &&
	    (conn->tcp_state == TCP_CONNTRACK_TIME_WAIT ||
	     conn->tcp_state == TCP_CONNTRACK_CLOSE))
		return CONN_CLOSED;
	return conn->status & IPS_ASSURED ? CONN_OPEN : CONN_HALF_OPEN;
}

struct conn_filter conn_filter_of(const struct service *service,
				  const struct backend *backend)
{
	struct conn_filter filter = {
		.proto = service->proto,
		.vip = { service->vip, service->port },
		.class = CONN_ANY,
	};

	if (backend) {
		filter.backend.addr = backend->addr;
		filter.backend.port = backend->port;
	}
	return filter;
}

static bool end_matches(const struct conn_end *end,
			const struct conn_end *wanted)
{
	return (!wanted->port || end->port == wanted->port) &&
	       (!wanted->addr.family || addr_equal(&end->addr, &wanted->addr));
}

bool conn_matches(const struct conn *conn, const struct conn_filter *filter)
{
	return (!filter->proto || conn->proto == filter->proto) &&
	       end_matches(&conn->vip, &filter->vip) &&
	       end_matches(&conn->backend, &filter->backend) &&
	       end_matches(&conn->client, &filter->client) &&
	       (filter->class == CONN_ANY || filter->class == conn_class_of(conn)) &&
	       (!filter->unanswered || !(conn->status & IPS_SEEN_REPLY)) &&
	       (!filter->state || conn_in_state(conn, filter->state));
}

int conn_state_parse(const char *text, struct conn_filter *filter,
		     struct err *err)
{
	char quoted[80];

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		if (strcasecmp(text, classes[i]))
			continue;
		filter->class = (enum conn_class)i;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(tcp_states); i++) {
		if (strcasecmp(text, tcp_states[i]))
			continue;
		filter->state = tcp_states[i];
		if (i == TCP_CONNTRACK_TIME_WAIT || i == TCP_CONNTRACK_CLOSE)
			filter->class = CONN_CLOSED;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(other_states); i++) {
		if (strcasecmp(text, other_states[i].name))
			continue;
		filter->state = other_states[i].name;
		filter->class = other_states[i].class;
		return 0;
	}
	return err_set(err, -EINVAL, "state",
		       "state \"%s\" is not known; use open, half-open, closed, or one that connection show prints",
		       text_quote(text, quoted, sizeof(quoted)));
}

static const char *state_text(const struct conn *conn)
{
	/*
	 * Conntrack does not update the state of a connection in a flowtable.
	 */
	if (conn->status & IPS_OFFLOAD)
		return "OFFLOAD";
	if (conn->proto == IPPROTO_TCP)
		return conn->tcp_state < ARRAY_SIZE(tcp_states) ?
			       tcp_states[conn->tcp_state] : "NONE";
	if (!(conn->status & IPS_SEEN_REPLY))
		return "UNREPLIED";
	return conn->status & IPS_ASSURED ? "ASSURED" : "REPLIED";
}

bool conn_in_state(const struct conn *conn, const char *state)
{
	return !strcmp(state_text(conn), state);
}

static char *put_number(char *at, uint32_t number)
{
	char digits[sizeof("4294967295")];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + number % 10);
	while (number /= 10);
	return mempcpy(at, digits + n, sizeof(digits) - n);
}

static char *put_addr(char *at, const struct addr *addr)
{
	if (addr->family != AF_INET)
		return at + strlen(addr_text(addr, at, INET6_ADDRSTRLEN));
	for (int i = 0; i < 4; i++) {
		if (i)
			*at++ = '.';
		at = put_number(at, addr->bytes[i]);
	}
	return at;
}

static char *put_end(char *at, const char *name, const struct conn_end *end,
		     const char *port_name)
{
	at = stpcpy(at, name);
	at = put_addr(at, &end->addr);
	at = stpcpy(at, port_name);
	return put_number(at, end->port);
}

/*
 * No text in a row needs an escape: see name_check() for names.  Written
 * without printf() and inet_ntop(), which take eight times as long.
 */
int conn_put(struct text *rows, const struct conn *conn, const char *service)
{
	char *row = text_row(rows, ROW_LEN);
	char *at = row;

	if (!row)
		return -ENOMEM;
	at = stpcpy(at, service ? "{\"service\":\"" : "{\"service\":null");
	if (service)
		at = stpcpy(stpcpy(at, service), "\"");
	at = stpcpy(at, ",\"proto\":\"");
	at = stpcpy(at, proto_text(conn->proto));
	at = put_end(at, "\",\"client\":\"", &conn->client,
		     "\",\"client_port\":");
	at = put_end(at, ",\"vip\":\"", &conn->vip, "\",\"port\":");
	at = put_number(stpcpy(at, ",\"vdport\":"), conn->vdport);
	at = put_end(at, ",\"backend\":\"", &conn->backend,
		     "\",\"backend_port\":");
	at = stpcpy(stpcpy(at, ",\"state\":\""), state_text(conn));
	at = stpcpy(at, "\",\"age\":");
	at = conn->aged ? put_number(at, conn->age) : stpcpy(at, "null");
	at = put_number(stpcpy(at, ",\"expires\":"), conn->expires);
	at = stpcpy(at, "}");
	rows->len += (size_t)(at - row);
	return 0;
}
