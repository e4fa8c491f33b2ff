// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "conn/conn_set.h"
#include "model/service.h"

static int compare_ends(const struct conn_end *a, const struct conn_end *b)
{
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return addr_compare(&a->addr, &b->addr);
}

static int compare(const void *one, const void *two)
{
	const struct conn_filter *a = one, *b = two;
	int order;

	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;
	order = compare_ends(&a->vip, &b->vip);
	return order ? order : compare_ends(&a->backend, &b->backend);
}

int conn_set_add(struct conn_set *set, const struct conn_filter *filter)
{
	if (array_room(&set->list, set->n, &set->room, sizeof(*set->list)))
		return -ENOMEM;
	set->list[set->n++] = *filter;
	return 0;
}

int conn_set_add_gone(struct conn_set *set, const struct service *was,
		      const struct service *now)
{
	struct conn_filter filter = conn_filter_of(was, NULL);
	size_t at = 0;
	int ret = 0;

	filter.unanswered = was->proto == IPPROTO_TCP;
	if (!now)
		return was->n_backends ? conn_set_add(set, &filter) : 0;
	for (size_t i = 0; !ret && i < was->n_backends; i++) {
		const struct backend *backend = &was->backends[i];

		/* A fast path: backends mostly keep their order. */
		if (at < now->n_backends &&
		    backend->port == now->backends[at].port &&
		    addr_equal(&backend->addr, &now->backends[at].addr)) {
			at++;
			continue;
		}
		if (service_find_backend(now, &backend->addr, backend->port) <
		    now->n_backends)
			continue;
		filter.backend.addr = backend->addr;
		filter.backend.port = backend->port;
		ret = conn_set_add(set, &filter);
	}
	return ret;
}

void conn_set_clean(struct conn_set *set)
{
	free(set->list);
	*set = (struct conn_set){ 0 };
}

void conn_set_sort(struct conn_set *set)
{
	size_t n = 0;

	if (set->n)
		qsort(set->list, set->n, sizeof(*set->list), compare);
	/* Merge equal filters to one that matches what either did. */
	for (size_t i = 0; i < set->n; i++) {
		if (n && !compare(&set->list[n - 1], &set->list[i]))
			set->list[n - 1].unanswered &= set->list[i].unanswered;
		else
			set->list[n++] = set->list[i];
	}
	set->n = n;
}

static bool has(const struct conn_set *set, const struct conn_filter *key,
		const struct conn *conn)
{
	const struct conn_filter *found = NULL;

	if (set->n)
		found = bsearch(key, set->list, set->n, sizeof(*set->list),
				compare);
	return found && conn_matches(conn, found);
}

bool conn_set_has(const struct conn_set *set, const struct conn *conn)
{
	struct conn_filter key = {
		.proto = conn->proto, .vip = conn->vip,
		.backend = conn->backend,
	};

	if (has(set, &key, conn))
		return true;
	memset(&key.backend, 0, sizeof(key.backend));
	return has(set, &key, conn);
}
