/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection, from conntrack or from the module: filters, and the rows of
 * connection.show.
 */
#ifndef DNAT_CONN_H
#define DNAT_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/text.h"
#include "model/types.h"

/* One side of a connection, in one direction. */
struct conn_end {
	struct addr addr;
	uint16_t port;		/* host byte order */
};

struct conn {
	uint8_t proto;		/* IPPROTO_TCP or IPPROTO_UDP */
	struct conn_end client;
	struct conn_end vip;
	struct conn_end backend;
	uint16_t vdport;	/* host byte order */
	uint32_t status;	/* conntrack's IPS_* */
	uint8_t tcp_state;	/* conntrack's enum tcp_conntrack */
	bool aged;		/* @age is known */
	uint32_t age;		/* seconds since the start */
	uint32_t expires;	/* seconds until the timeout */
};

/* The module's classes of connections, by whether it may reclaim the vdport. */
enum conn_class {
	CONN_OPEN,
	CONN_HALF_OPEN,
	CONN_CLOSED,
	CONN_ANY,
};

/*
 * A filter for connections.  Protocol 0, port 0 and address family 0 match any
 * value.
 */
struct conn_filter {
	uint8_t proto;
	struct conn_end vip;
	struct conn_end backend;
	struct conn_end client;		/* port 0: the module ignores it */
	enum conn_class class;
	const char *state;		/* a state of conn_put(), NULL: any */
	bool unanswered;		/* only those without a reply */
};

/* Connections of @service, and only those to @backend unless it is NULL. */
struct conn_filter conn_filter_of(const struct service *service,
				  const struct backend *backend);

/* The services' names, sorted by protocol, VIP and port. */
struct conn_names {
	size_t n;
	struct conn_name *list;
};

int conn_names_init(struct conn_names *names, const struct model *model);
void conn_names_clean(struct conn_names *names);

/* The name of @conn's service, owned by @names; or NULL. */
const char *conn_names_find(const struct conn_names *names,
			    const struct conn *conn);

enum conn_class conn_class_of(const struct conn *conn);

bool conn_matches(const struct conn *conn, const struct conn_filter *filter);

/* Whether conn_put() writes @state for @conn. */
bool conn_in_state(const struct conn *conn, const char *state);

/**
 * conn_state_parse - set a filter's state
 * @text: "open", "half-open", "closed" or a state of conn_put(), in any case
 * @filter: its class or its state is set; with a state also the class, if all
 *	connections in that state have the same
 *
 * Return: 0 or -EINVAL with @err set
 */
int conn_state_parse(const char *text, struct conn_filter *filter,
		     struct err *err);

/**
 * conn_put - append a row of connection.show (control.h)
 * @rows: a JSON array, see text_row()
 * @conn: the connection
 * @service: name of its service, or NULL
 *
 * Writes text without a json_t, because there may be a million rows.
 *
 * Return: 0 or -ENOMEM
 */
int conn_put(struct text *rows, const struct conn *conn, const char *service);

#endif
