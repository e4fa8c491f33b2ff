/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection, whoever tells of it: what is asked for, and how it is shown. */
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
	uint32_t status;	/* conntrack's, IPS_* */
	uint8_t tcp_state;	/* conntrack's, enum tcp_state */
	bool aged;		/* @age is known */
	uint32_t age;		/* seconds */
	uint32_t expires;	/* seconds */
};

/* As the module sorts them: may the port be taken back? */
enum conn_class {
	CONN_OPEN,
	CONN_HALF_OPEN,
	CONN_CLOSED,
	CONN_ANY,
};

/*
 * What has to hold for a connection that is meant.  0 is any protocol, any port
 * and, as the family, any address.
 */
struct conn_filter {
	uint8_t proto;
	struct conn_end vip;
	struct conn_end backend;
	struct conn_end client;		/* its port is not looked at */
	enum conn_class class;
	const char *state;		/* as conn_put() writes it, NULL: any */
	bool unanswered;		/* only those without an answer so far */
};

/* Those through @service, to @backend unless that is NULL. */
struct conn_filter conn_filter_of(const struct service *service,
				  const struct backend *backend);

/* The names of the services, by what connections to them look like. */
struct conn_names {
	size_t n;
	struct conn_name *list;
};

int conn_names_init(struct conn_names *names, const struct model *model);
void conn_names_clean(struct conn_names *names);

/* The name of the service that @conn goes through, or NULL. */
const char *conn_names_find(const struct conn_names *names,
			    const struct conn *conn);

enum conn_class conn_class_of(const struct conn *conn);

bool conn_matches(const struct conn *conn, const struct conn_filter *filter);

/* Is @conn in @state, as conn_put() writes it? */
bool conn_in_state(const struct conn *conn, const char *state);

/**
 * conn_state_parse - what a filter says of the state
 * @text: "open", "half-open", "closed", or a state as conn_put() writes it, in
 *	small letters or large ones
 * @filter: gets the state, and the class that all in that state are of
 *
 * Return: 0 or -EINVAL
 */
int conn_state_parse(const char *text, struct conn_filter *filter,
		     struct err *err);

/**
 * conn_put - append a row of connection.show (control.h)
 * @rows: an array, see text_row()
 * @conn: the connection
 * @service: its service's name, NULL for none
 *
 * Not by way of a json_t: there may be a million rows.
 *
 * Return: 0 or -ENOMEM
 */
int conn_put(struct text *rows, const struct conn *conn, const char *service);

#endif
