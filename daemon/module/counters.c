// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "model/service.h"
#include "module/counters.h"

#define SORT_PART 1024	/* counters sorted at a time, about a millisecond */

const char *const count_names[COUNT_VALUES] = {
	[COUNT_CONNECTIONS] = "connections",
	[COUNT_IN_USE] = "in_use",
	[COUNT_PACKETS_IN] = "packets_in",
	[COUNT_BYTES_IN] = "bytes_in",
	[COUNT_PACKETS_OUT] = "packets_out",
	[COUNT_BYTES_OUT] = "bytes_out",
	[COUNT_EXHAUSTED] = "exhausted",
	[COUNT_NO_MEMORY] = "no_memory",
	[COUNT_TAKEN_BACK] = "taken_back",
	[COUNT_UNANSWERED] = "unanswered",
};

int counters_add(struct counters *counters, const struct counter *counter)
{
	if (array_room(&counters->list, counters->n, &counters->room,
		       sizeof(*counters->list)))
		return -ENOMEM;
	counters->list[counters->n++] = *counter;
	return 0;
}

static int compare_numbers(unsigned int a, unsigned int b)
{
	return (a > b) - (a < b);
}

static int compare_services(const void *one, const void *two)
{
	const struct counter *a = one, *b = two;
	int order = addr_compare(&a->vip, &b->vip);

	if (!order)
		order = compare_numbers(a->port, b->port);
	return order ? order : compare_numbers(a->proto, b->proto);
}

static int compare(const void *one, const void *two)
{
	const struct counter *a = one, *b = two;
	int order = compare_services(a, b);

	if (!order)
		order = addr_compare(&a->backend, &b->backend);
	return order ? order : compare_numbers(a->backend_port,
					       b->backend_port);
}

void counters_sort(struct counters *counters)
{
	if (counters->n)
		qsort(counters->list, counters->n, sizeof(*counters->list),
		      compare);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Prepare to merge the run that begins at @begin with the run after it. */
static void merge_from(struct counters *counters, size_t begin)
{
	struct sorting *sorting = &counters->sorting;

	sorting->begin = begin;
	sorting->left = begin;
	sorting->right = least(begin + sorting->width, counters->n);
}

static int merge_begin(struct counters *counters)
{
	struct sorting *sorting = &counters->sorting;

	sorting->to = calloc(counters->n, sizeof(*sorting->to));
	if (!sorting->to)
		return -ENOMEM;
	counters->room = counters->n;
	sorting->width = SORT_PART;
	merge_from(counters, 0);
	return 1;
}

static void merge_some(struct counters *counters)
{
	struct sorting *sorting = &counters->sorting;
	struct counter *list = counters->list;
	size_t middle = least(sorting->begin + sorting->width, counters->n);
	size_t end = least(middle + sorting->width, counters->n);
	size_t at = sorting->left + sorting->right - middle;

	for (size_t n = 0; n < SORT_PART && at < end; n++, at++) {
		bool left = sorting->right == end ||
			    (sorting->left < middle &&
			     compare(&list[sorting->left],
				     &list[sorting->right]) <= 0);

		sorting->to[at] = list[left ? sorting->left++ :
					      sorting->right++];
	}
	if (at < end)
		return;
	if (end < counters->n) {
		merge_from(counters, end);
		return;
	}
	counters->list = sorting->to;
	sorting->to = list;
	sorting->width *= 2;
	merge_from(counters, 0);
}

int counters_sort_part(struct counters *counters)
{
	struct sorting *sorting = &counters->sorting;
	size_t left = counters->n - sorting->begin;

	if (sorting->to) {
		merge_some(counters);
		return sorting->width < counters->n;
	}
	if (left)
		qsort(counters->list + sorting->begin, least(left, SORT_PART),
		      sizeof(*counters->list), compare);
	sorting->begin += least(left, SORT_PART);
	if (sorting->begin < counters->n)
		return 1;
	return counters->n > SORT_PART ? merge_begin(counters) : 0;
}

void counters_clean(struct counters *counters)
{
	free(counters->list);
	free(counters->sorting.to);
	*counters = (struct counters){ 0 };
}

static struct counter key_of(const struct service *service)
{
	return (struct counter){
		.vip = service->vip,
		.port = service->port,
		.proto = service->proto,
	};
}

const struct counter *counters_of_service(const struct counters *counters,
					  const struct service *service,
					  size_t *n)
{
	const struct counter key = key_of(service);
	size_t first = array_first(counters->list, counters->n, sizeof(key),
				   &key, compare_services);
	size_t end = first;

	while (end < counters->n &&
	       !compare_services(&counters->list[end], &key))
		end++;
	*n = end - first;
	return *n ? counters->list + first : NULL;
}

void counters_sum(const struct counters *counters,
		  const struct service *service, uint64_t values[COUNT_VALUES])
{
	size_t n;
	const struct counter *counter = counters_of_service(counters, service,
							    &n);

	memset(values, 0, COUNT_VALUES * sizeof(*values));
	for (; n; n--, counter++)
		for (size_t i = 0; i < COUNT_VALUES; i++)
			values[i] += counter->values[i];
}

const struct counter *counters_of_backend(const struct counters *counters,
					  const struct service *service,
					  const struct backend *backend)
{
	struct counter key = key_of(service);

	if (!counters->n)
		return NULL;
	key.backend = backend->addr;
	key.backend_port = backend->port;
	return bsearch(&key, counters->list, counters->n,
		       sizeof(*counters->list), compare);
}

/* Append @row with @values added.  Frees @row on error; @row may be NULL. */
static int append(json_t *list, json_t *row,
		  const uint64_t values[COUNT_VALUES])
{
	int ret = row ? 0 : -1;

	for (size_t i = 0; !ret && i < COUNT_VALUES; i++)
		ret = json_object_set_new(row, count_names[i],
					  json_integer((json_int_t)values[i]));
	if (ret) {
		json_decref(row);
		return -ENOMEM;
	}
	return json_array_append_new(list, row) ? -ENOMEM : 0;
}

static int append_service(json_t *list, const struct counters *counters,
			  const struct service *service)
{
	uint64_t values[COUNT_VALUES];

	counters_sum(counters, service, values);
	return append(list, json_pack("{s:s}", "service", service->name),
		      values);
}

static int append_backend(json_t *list, const struct service *service,
			  const struct addr *addr, uint16_t port,
			  const uint64_t values[COUNT_VALUES])
{
	char text[INET6_ADDRSTRLEN];

	return append(list, json_pack("{s:s, s:s, s:i}", "service",
				      service->name, "addr",
				      addr_text(addr, text, sizeof(text)),
				      "port", port), values);
}

bool counter_is_left(const struct counter *counter,
		     const struct service *service)
{
	return counter->values[COUNT_IN_USE] &&
	       service_find_backend(service, &counter->backend,
				    counter->backend_port) ==
		       service->n_backends;
}

static int append_backends(json_t *list, const struct counters *counters,
			   const struct service *service)
{
	static const uint64_t none[COUNT_VALUES];
	const struct counter *counter;
	int ret = 0;
	size_t i, n;

	for (i = 0; !ret && i < service->n_backends; i++) {
		const struct backend *backend = &service->backends[i];

		counter = counters_of_backend(counters, service, backend);
		ret = append_backend(list, service, &backend->addr,
				     backend->port,
				     counter ? counter->values : none);
	}

	counter = counters_of_service(counters, service, &n);
	for (; !ret && n; n--, counter++)
		if (counter_is_left(counter, service))
			ret = append_backend(list, service, &counter->backend,
					     counter->backend_port,
					     counter->values);
	return ret;
}

static json_t *append_all(const struct counters *counters,
			  const struct model *model, const struct service *only,
			  int (*fn)(json_t *list,
				    const struct counters *counters,
				    const struct service *service))
{
	json_t *list = json_array();
	int ret = list ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < model->n_services; i++)
		if (!only || model->services[i] == only)
			ret = fn(list, counters, model->services[i]);
	if (ret) {
		json_decref(list);
		return NULL;
	}
	return list;
}

json_t *counters_services(const struct counters *counters,
			  const struct model *model,
			  const struct service *only)
{
	return append_all(counters, model, only, append_service);
}

json_t *counters_backends(const struct counters *counters,
			  const struct model *model,
			  const struct service *only)
{
	return append_all(counters, model, only, append_backends);
}
