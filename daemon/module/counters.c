// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "model/service.h"
#include "module/counters.h"

#define FREE_PART 256		/* counters, less than a millisecond */

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

int counters_add(struct counters *counters, const struct counter *counter)
{
	struct counter *copy = malloc(sizeof(*copy));
	struct counter **found = NULL;

	if (copy) {
		*copy = *counter;
		found = tsearch(copy, &counters->tree, compare);
	}
	if (!found || *found != copy)
		free(copy);
	return found ? 0 : -ENOMEM;
}

/* A tree that nobody uses any more. */
struct waste {
	struct task task;
	struct counters counters;
};

static int waste_step(struct task *task, struct text *rows, struct err *err)
{
	struct counters *counters = &((struct waste *)task)->counters;

	(void)rows;
	(void)err;
	for (int i = 0; i < FREE_PART && counters->tree; i++) {
		struct counter *counter = *(struct counter **)counters->tree;

		tdelete(counter, &counters->tree, compare);
		free(counter);
	}
	return counters->tree ? TASK_MORE : TASK_DONE;
}

static void waste_free(struct task *task)
{
	tdestroy(((struct waste *)task)->counters.tree, free);
	free(task);
}

void counters_clean(struct counters *counters)
{
	struct waste *waste = NULL;

	if (counters->tree)
		waste = task_new(sizeof(*waste), waste_step, waste_free);
	if (waste) {
		waste->counters = *counters;
		loop_finish(&waste->task);
	} else {
		tdestroy(counters->tree, free);
	}
	counters->tree = NULL;
}

static struct counter key_of(const struct service *service)
{
	return (struct counter){
		.vip = service->vip,
		.port = service->port,
		.proto = service->proto,
	};
}

struct above {
	const struct counter *key;
	const struct counter *found;	/* the lowest one above @key so far */
};

/* For tfind(): go down to where a counter just above the key would be. */
static int go_above(const void *key, const void *item)
{
	struct above *above = *(struct above *const *)key;

	if (compare(above->key, item) >= 0)
		return 1;
	above->found = item;
	return -1;
}

const struct counter *counters_next(const struct counters *counters,
				    const struct service *service,
				    const struct counter *last)
{
	const struct counter key = key_of(service);
	struct above above = { .key = last ? last : &key };
	struct above *go = &above;

	tfind(&go, &counters->tree, go_above);
	return above.found && !compare_services(&key, above.found) ?
		       above.found : NULL;
}

void counters_sum(const struct counters *counters,
		  const struct service *service, uint64_t values[COUNT_VALUES])
{
	const struct counter *counter = NULL;

	memset(values, 0, COUNT_VALUES * sizeof(*values));
	while ((counter = counters_next(counters, service, counter)))
		for (size_t i = 0; i < COUNT_VALUES; i++)
			values[i] += counter->values[i];
}

const struct counter *counters_of_backend(const struct counters *counters,
					  const struct service *service,
					  const struct backend *backend)
{
	struct counter key = key_of(service);
	struct counter **found;

	key.backend = backend->addr;
	key.backend_port = backend->port;
	found = tfind(&key, &counters->tree, compare);
	return found ? *found : NULL;
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

int counters_services(json_t *list, const struct counters *counters,
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

int counters_backends(json_t *list, const struct counters *counters,
		      const struct service *service)
{
	static const uint64_t none[COUNT_VALUES];
	const struct counter *counter;
	int ret = 0;

	for (size_t i = 0; !ret && i < service->n_backends; i++) {
		const struct backend *backend = &service->backends[i];

		counter = counters_of_backend(counters, service, backend);
		ret = append_backend(list, service, &backend->addr,
				     backend->port,
				     counter ? counter->values : none);
	}

	counter = NULL;
	while (!ret && (counter = counters_next(counters, service, counter)))
		if (counter_is_left(counter, service))
			ret = append_backend(list, service, &counter->backend,
					     counter->backend_port,
					     counter->values);
	return ret;
}
