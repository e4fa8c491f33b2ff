// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "common/array.h"
#include "conn/conn_count.h"
#include "model/slots.h"

static int compare_numbers(unsigned int a, unsigned int b)
{
	return (a > b) - (a < b);
}

/* Without the service's port: a pool has none.  So compare() adds it last. */
static int compare_pools(const struct conn_filter *a,
			 const struct conn_filter *b)
{
	int order = addr_compare(&a->backend.addr, &b->backend.addr);

	if (!order)
		order = compare_numbers(a->backend.port, b->backend.port);
	if (!order)
		order = addr_compare(&a->vip.addr, &b->vip.addr);
	return order ? order : compare_numbers(a->proto, b->proto);
}

static int compare(const void *one, const void *two)
{
	const struct conn_filter *a = &((const struct conn_count *)one)->filter;
	const struct conn_filter *b = &((const struct conn_count *)two)->filter;
	int order = compare_pools(a, b);

	return order ? order : compare_numbers(a->vip.port, b->vip.port);
}

static size_t drain_in(const struct model *model)
{
	size_t n = 0;

	for (size_t i = 0; i < model->n_services; i++)
		for (size_t j = 0; j < model->services[i]->n_backends; j++)
			n += !backend_weight(&model->services[i]->backends[j]);
	return n;
}

int conn_counts_init(struct conn_counts *counts, const struct model *model)
{
	size_t n = drain_in(model);

	*counts = (struct conn_counts){ 0 };
	if (!n)
		return 0;
	counts->list = calloc(n, sizeof(*counts->list));
	if (!counts->list)
		return -ENOMEM;
	for (size_t i = 0; i < model->n_services; i++) {
		const struct service *service = model->services[i];

		for (size_t j = 0; j < service->n_backends; j++)
			if (!backend_weight(&service->backends[j]))
				counts->list[counts->n++].filter =
					conn_filter_of(service,
						       &service->backends[j]);
	}
	qsort(counts->list, counts->n, sizeof(*counts->list), compare);
	return 0;
}

void conn_counts_clean(struct conn_counts *counts)
{
	free(counts->list);
	*counts = (struct conn_counts){ 0 };
}

static struct conn_count *find(const struct conn_counts *counts,
			       const struct conn_count *key)
{
	return counts->n ? bsearch(key, counts->list, counts->n,
				   sizeof(*counts->list), compare) :
			   NULL;
}

const struct conn_count *conn_counts_find(const struct conn_counts *counts,
					  const struct service *service,
					  const struct backend *backend)
{
	const struct conn_count key = {
		.filter = conn_filter_of(service, backend),
	};

	return find(counts, &key);
}

void conn_counts_add(struct conn_counts *counts, const struct conn *conn)
{
	const struct conn_count key = {
		.filter = {
			.proto = conn->proto,
			.vip = conn->vip,
			.backend = conn->backend,
		},
	};
	struct conn_count *left =
		conn_class_of(conn) == CONN_CLOSED ? NULL : find(counts, &key);

	if (left)
		left->n++;
}

static int compare_pool(const void *pool, const void *left)
{
	return compare_pools(pool, &((const struct conn_count *)left)->filter);
}

void conn_counts_add_pool(struct conn_counts *counts,
			  const struct conn_filter *pool, uint64_t n)
{
	size_t i = array_first(counts->list, counts->n, sizeof(*counts->list),
			       pool, compare_pool);

	for (; i < counts->n && !compare_pool(pool, &counts->list[i]); i++)
		counts->list[i].n += n;
}
