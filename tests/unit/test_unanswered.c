// SPDX-License-Identifier: GPL-2.0-only
/* Backends that do not answer, as the module has counted them. */
#include <netinet/in.h>

#include "counters.h"
#include "health.h"
#include "kmod_stats.h"
#include "unanswered.h"
#include "unit.h"

static struct health_counts counts = { .passed = 1 };
static struct dnatd dnatd = { .in_force = ALLOC_MODULE };
static uint64_t connections, in_use, unanswered;
static struct err err;

bool health_count(const struct health *health, const struct service *service,
		  const struct backend *backend, struct health_counts *result)
{
	(void)health;
	(void)service;
	(void)backend;
	*result = counts;
	return true;
}

int kmod_counters_ask(const struct kmod *kmod, const struct service *only,
		      struct nl *nl, struct err *error)
{
	(void)kmod;
	(void)only;
	(void)nl;
	(void)error;
	return 0;
}

int kmod_parse_counter(const struct nlmsghdr *nlh, void *counters)
{
	(void)nlh;
	(void)counters;
	return 0;
}

int nl_receive(struct nl *nl, nl_fn fn, void *data, int *done)
{
	struct counter counter = {
		.port = 80, .proto = IPPROTO_TCP, .backend_port = 8080,
		.values = {
			[COUNT_CONNECTIONS] = connections,
			[COUNT_IN_USE] = in_use,
			[COUNT_UNANSWERED] = unanswered,
		},
	};

	(void)nl;
	(void)fn;
	*done = 1;
	NEED(!addr_parse("192.0.2.10", "vip", &counter.vip, &err) &&
	     !addr_parse("10.1.0.11", "addr", &counter.backend, &err));
	return counters_add(data, &counter);
}

void nl_close(struct nl *nl)
{
	(void)nl;
}

static void add(const char *op, json_t *args)
{
	struct change change;

	NEED(args && !model_plan(dnatd.model, op, args, &change, &err));
	model_commit(dnatd.model, &change);
	json_decref(args);
}

/* Return: what the backends of the service have, such as "7 0" */
static const char *rows(void)
{
	const struct service *service = model_find(dnatd.model, "web");
	static char text[64];
	struct counters counters;
	bool counted = unanswered_get(&dnatd, service, &counters);
	size_t len = 0;

	for (size_t i = 0; i < service->n_backends; i++) {
		json_t *json = unanswered_of(counted ? &counters : NULL,
					     service, &service->backends[i]);
		char *value = json_dumps(json, JSON_ENCODE_ANY);

		NEED(value);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
					i ? " " : "", value);
		free(value);
		json_decref(json);
	}
	counters_clean(&counters);
	return text;
}

static const char *advice(void)
{
	static char text[512];
	json_t *check = unanswered_check(&dnatd);
	const char *said;

	NEED(check);
	said = json_string_value(json_object_get(check, "advice"));
	CHECK_INT(json_integer_value(json_object_get(check, "value")), !!said);
	CHECK_INT(json_is_true(json_object_get(check, "ok")), !said);
	snprintf(text, sizeof(text), "%s", said ? said : "");
	json_decref(check);
	return text;
}

static void test_rows(void)
{
	unanswered = 7;
	CHECK_STR(rows(), "7 0");
	dnatd.in_force = ALLOC_NF_NAT;
	CHECK_STR(rows(), "null null");
	dnatd.in_force = ALLOC_MODULE;
}

static void test_check(void)
{
	connections = 50, in_use = 10, unanswered = 20;
	CHECK_STR(advice(), "");
	unanswered = 21;
	CHECK_STR(advice(), "service web: backend 10.1.0.11 port 8080 passes its checks, but 21 of its connections ended without any answer: has it a route to 192.0.2.10 by way of this machine, and does its firewall let that in? service set web check-source vip checks the same path");
	counts.down = true;
	CHECK_STR(advice(), "");
	counts.down = false;
	counts.passed = 0;
	CHECK_STR(advice(), "");
	counts.passed = 1;
	connections = 19, unanswered = 9;
	CHECK_STR(advice(), "");
}

int main(void)
{
	dnatd.model = model_new();
	NEED(dnatd.model);
	add("service.add", json_pack("{s:s, s:s, s:i, s:s}", "name", "web", "vip", "192.0.2.10", "port", 80, "check", "tcp"));
	add("backend.add", json_pack("{s:s, s:s, s:i}", "service", "web", "addr", "10.1.0.11", "port", 8080));
	add("backend.add", json_pack("{s:s, s:s, s:i}", "service", "web", "addr", "10.1.0.12", "port", 8080));
	test_rows();
	test_check();
	model_free(dnatd.model);
	return unit_result();
}
