/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections through the services, from conntrack. */
#ifndef DNAT_CT_H
#define DNAT_CT_H

#include <jansson.h>
#include <time.h>

#include "err.h"
#include "model.h"

/**
 * ct_show - the connections of the model's services
 * @model: says which connections are ours: those to a service's VIP, port and
 *	protocol that were rewritten on both ends
 * @service: only this one's, NULL for all
 * @backend: only to this backend, NULL for all
 * @result: array as connection.show gives it (control.h)
 *
 * Return: 0 or a negative errno with @err set
 */
int ct_show(const struct model *model, const struct service *service,
	    const struct addr *backend, json_t **result, struct err *err);

/* What ct_show() asks of each connection; apart from the socket, for tests. */
struct ct_query {
	const struct service **services;	/* sorted by what they match */
	size_t n_services;
	const struct addr *backend;		/* NULL for all */
	time_t now;
	json_t *result;
};

int ct_query_init(struct ct_query *query, const struct model *model,
		  const struct service *service, const struct addr *backend);
void ct_query_clean(struct ct_query *query);

struct nlmsghdr;

/* nl_fn (netlink.h): append the connection that @nlh tells of, if asked for. */
int ct_parse(const struct nlmsghdr *nlh, void *query);

#endif
