// SPDX-License-Identifier: GPL-2.0-only
/* What the module counts is told by service and by backend, and nothing is lost. */
#include <jansson.h>
#include <netinet/in.h>

#include "model/model.h"
#include "module/counters.h"
#include "unit.h"

static struct model *model;
static struct counters counters;

static void plan(const char *op, const char *args)
{
	json_t *json = json_loads(args, 0, NULL);
	struct change change;

	NEED(json);
	NEED(!model_plan(model, op, json, &change, NULL));
	model_commit(model, &change);
	json_decref(json);
}

/* @from: the first of its values, which are @from, @from + 1, ... */
static void count(const char *vip, uint16_t port, uint8_t proto,
		  const char *backend, uint64_t from)
{
	struct counter counter = {
		.port = port, .proto = proto, .backend_port = 8080,
	};

	NEED(!addr_parse(vip, "vip", &counter.vip, NULL));
	NEED(!addr_parse(backend, "addr", &counter.backend, NULL));
	for (size_t i = 0; i < COUNT_VALUES; i++)
		counter.values[i] = from + i;
	NEED(!counters_add(&counters, &counter));
}

static void set_up(void)
{
	model = model_new();
	NEED(model);
	plan("service.add", "{\"name\":\"web\",\"vip\":\"192.0.2.10\",\"port\":80}");
	plan("service.add", "{\"name\":\"dns\",\"vip\":\"192.0.2.10\",\"port\":80,\"proto\":\"udp\"}");
	plan("service.add", "{\"name\":\"six\",\"vip\":\"2001:db8::10\",\"port\":80}");
	plan("backend.add", "{\"service\":\"web\",\"addr\":\"10.1.0.12\",\"port\":8080}");
	plan("backend.add", "{\"service\":\"web\",\"addr\":\"10.1.0.11\",\"port\":8080}");
	plan("backend.add", "{\"service\":\"six\",\"addr\":\"2001:db8:1::11\",\"port\":8080}");

	/* In no order, and of others, too. */
	count("2001:db8::10", 80, IPPROTO_TCP, "2001:db8:1::11", 1000);
	count("192.0.2.10", 80, IPPROTO_TCP, "10.1.0.13", 300);
	count("192.0.2.9", 80, IPPROTO_TCP, "10.1.0.11", 5);
	count("192.0.2.10", 80, IPPROTO_TCP, "10.1.0.11", 100);
	count("192.0.2.10", 81, IPPROTO_TCP, "10.1.0.11", 7);
	count("192.0.2.10", 80, IPPROTO_UDP, "10.1.0.11", 9000000000000000000);
}

/* @only: NULL for the rows of all services */
static json_t *rows(counters_fn *fn, const struct counters *of,
		    const struct service *only)
{
	json_t *list = json_array();

	for (size_t i = 0; i < model->n_services; i++)
		if (!only || only == model->services[i])
			NEED(!fn(list, of, model->services[i]));
	return list;
}

static json_int_t member(const json_t *list, size_t at, const char *name)
{
	const json_t *value = json_object_get(json_array_get(list, at), name);

	NEED(json_is_integer(value));
	return json_integer_value(value);
}

static const char *string(const json_t *list, size_t at, const char *name)
{
	return json_string_value(json_object_get(json_array_get(list, at),
						 name));
}

static void test_services(void)
{
	json_t *list = rows(counters_services, &counters, NULL);

	CHECK_INT(json_array_size(list), 3);
	CHECK_INT(json_object_size(json_array_get(list, 0)), 11);
	CHECK_STR(string(list, 0, "service"), "dns");
	CHECK_INT(member(list, 0, "connections"), 9000000000000000000);
	CHECK_STR(string(list, 1, "service"), "six");
	CHECK_INT(member(list, 1, "taken_back"), 1008);
	/* with the backend that was deleted */
	CHECK_STR(string(list, 2, "service"), "web");
	CHECK_INT(member(list, 2, "connections"), 400);
	CHECK_INT(member(list, 2, "in_use"), 402);
	CHECK_INT(member(list, 2, "packets_in"), 404);
	CHECK_INT(member(list, 2, "bytes_in"), 406);
	CHECK_INT(member(list, 2, "packets_out"), 408);
	CHECK_INT(member(list, 2, "bytes_out"), 410);
	CHECK_INT(member(list, 2, "exhausted"), 412);
	CHECK_INT(member(list, 2, "no_memory"), 414);
	CHECK_INT(member(list, 2, "taken_back"), 416);
	CHECK_INT(member(list, 2, "unanswered"), 418);
	json_decref(list);

	list = rows(counters_services, &counters, model_find(model, "six"));
	CHECK_INT(json_array_size(list), 1);
	CHECK_INT(member(list, 0, "connections"), 1000);
	json_decref(list);
}

static void test_backends(void)
{
	const struct service *web = model_find(model, "web");
	json_t *list = rows(counters_backends, &counters, web);
	const struct counter *counter = NULL;

	CHECK_INT(json_array_size(list), 3);
	CHECK_INT(json_object_size(json_array_get(list, 0)), 13);
	/* in the order of adding, one that has counted nothing, too */
	CHECK_STR(string(list, 0, "addr"), "10.1.0.12");
	CHECK_INT(member(list, 0, "port"), 8080);
	CHECK_INT(member(list, 0, "connections"), 0);
	CHECK_STR(string(list, 1, "addr"), "10.1.0.11");
	CHECK_INT(member(list, 1, "connections"), 100);
	CHECK_INT(member(list, 1, "bytes_out"), 105);
	/* and one that was deleted, for it has connections */
	CHECK_STR(string(list, 2, "addr"), "10.1.0.13");
	CHECK_INT(member(list, 2, "in_use"), 301);
	json_decref(list);

	while ((counter = counters_next(&counters, web, counter)))
		if (counter->values[0] == 300)
			((struct counter *)counter)->values[COUNT_IN_USE] = 0;
	list = rows(counters_backends, &counters, web);
	CHECK_INT(json_array_size(list), 2);
	json_decref(list);

	list = rows(counters_backends, &counters, NULL);
	CHECK_INT(json_array_size(list), 4);
	json_decref(list);
}

/* Of many, each is found, and those of a service come in order. */
static void test_many(void)
{
	static const int sizes[] = { 1, 255, 256, 257, 20011 };
	const struct backend backend = { .addr = {
		.family = AF_INET, .bytes = { 10, 1, 0, 7 } }, .port = 7 };
	const struct service web = { .port = 80, .proto = IPPROTO_TCP,
		.vip = { .family = AF_INET, .bytes = { 192, 0, 2, 7 } } };

	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		const struct counter *counter = NULL, *before = NULL;
		struct counters many = { 0 };
		int n = 0;

		for (int i = 0; i < sizes[s]; i++) {
			struct counter one = {
				.vip = web.vip, .port = 80,
				.proto = IPPROTO_TCP, .backend = backend.addr,
				.backend_port = (uint16_t)(i * 7919 % 20011),
			};

			/* Others, below and above. */
			one.vip.bytes[3] = (uint8_t)(i % 3 + 6);
			NEED(!counters_add(&many, &one));
		}
		while ((counter = counters_next(&many, &web, counter))) {
			CHECK(!before ||
			      before->backend_port < counter->backend_port);
			CHECK(addr_equal(&counter->vip, &web.vip));
			before = counter;
			n++;
		}
		CHECK_INT(n, (sizes[s] + 1) / 3);
		counter = counters_of_backend(&many, &web, &backend);
		CHECK(!counter || counter->backend_port == 7);
		counters_clean(&many);
		CHECK(!many.tree);
	}
}

static void test_nothing_counted(void)
{
	const struct counters none = { 0 };
	json_t *list = rows(counters_backends, &none, NULL);

	CHECK_INT(json_array_size(list), 3);
	CHECK_INT(member(list, 2, "packets_in"), 0);
	json_decref(list);
}

int main(void)
{
	set_up();
	test_services();
	test_backends();
	test_nothing_counted();
	test_many();
	counters_clean(&counters);
	model_free(model);
	return unit_result();
}
