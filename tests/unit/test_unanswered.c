// SPDX-License-Identifier: GPL-2.0-only
/* Backends that do not answer, as the module has counted them. */
#include <errno.h>
#include <netinet/in.h>

#include "api/show.h"
#include "engine/count.h"
#include "engine/health.h"
#include "engine/pool_alarm.h"
#include "engine/unanswered.h"
#include "model/model.h"
#include "module/counters.h"
#include "module/kmod_stats.h"
#include "long_answer_json.h"
#include "unit.h"

static struct health_counts counts = { .passed = 1 };
static struct dnatd dnatd = { .in_force = ALLOC_MODULE };
static uint64_t connections, in_use, unanswered;
static unsigned int n_asked;
static unsigned int n_received, datagrams = 1;	/* of each answer */
static int received_rc;
static char asked[1];		/* nl->buf of one that was asked */
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

int health_to_json(const struct health *health, const struct service *service,
		   const struct backend *backend, json_t *json)
{
	(void)health;
	(void)service;
	(void)backend;
	(void)json;
	return 0;
}

int pool_alarm_to_json(const struct pool_alarm *pools,
		       const struct service *service,
		       const struct backend *backend, json_t *json)
{
	(void)pools;
	(void)service;
	(void)backend;
	(void)json;
	return 0;
}

/* No backend drains. */
bool counts_left(const struct counts *all, const struct service *service,
		 const struct backend *backend, uint64_t *n)
{
	(void)all;
	(void)service;
	(void)backend;
	(void)n;
	return false;
}

int64_t counts_rest_ms(const struct counts *all)
{
	(void)all;
	return 0;
}

void counts_wait(struct counts *all, struct count_wait *wait)
{
	(void)all;
	(void)wait;
}

void counts_cancel(struct counts *all, struct count_wait *wait)
{
	(void)all;
	(void)wait;
}

int kmod_counters_more(const struct kmod *kmod, const struct service *only,
		       struct nl *nl, struct counters *counters,
		       struct err *error)
{
	struct counter counter = {
		.port = 80, .proto = IPPROTO_TCP, .backend_port = 8080,
		.values = {
			[COUNT_CONNECTIONS] = connections,
			[COUNT_IN_USE] = in_use,
			[COUNT_UNANSWERED] = unanswered,
		},
	};

	(void)kmod;
	(void)only;
	(void)error;
	if (!nl->buf) {
		nl->buf = asked;
		n_asked++;
		return TASK_MORE;
	}
	n_received++;
	if (!received_rc && n_received % datagrams)
		return TASK_MORE;
	nl->buf = NULL;
	NEED(!addr_parse("192.0.2.10", "vip", &counter.vip, &err) &&
	     !addr_parse("10.1.0.11", "addr", &counter.backend, &err));
	return received_rc ? received_rc : counters_add(counters, &counter);
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
	struct unanswered all = { 0 };
	size_t len = 0;

	while (unanswered_more(&all, &dnatd, service))
		;
	for (size_t i = 0; i < service->n_backends; i++) {
		json_t *json = unanswered_of(&all, service,
					     &service->backends[i]);
		char *value = json_dumps(json, JSON_ENCODE_ANY);

		NEED(value);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
					i ? " " : "", value);
		free(value);
		json_decref(json);
	}
	unanswered_clean(&all);
	return text;
}

static struct silence silence;

/* Return: how many parts there were */
static unsigned int look(void)
{
	unsigned int parts = 1;

	while (silence_step(&silence, &dnatd))
		parts++;
	return parts;
}

static const char *advice(void)
{
	const json_t *check;
	const char *said;

	look();
	check = silence.check;
	NEED(check);
	said = json_string_value(json_object_get(check, "advice"));
	CHECK_INT(json_integer_value(json_object_get(check, "value")), !!said);
	CHECK_INT(json_is_true(json_object_get(check, "ok")), !said);
	return said ? said : "";
}

static void test_rows(void)
{
	unanswered = 7;
	CHECK_STR(rows(), "7 0");
	dnatd.in_force = ALLOC_NF_NAT;
	CHECK_STR(rows(), "null null");
	dnatd.in_force = ALLOC_MODULE;
}

/* However many services there are, the module is asked once. */
static void test_show(void)
{
	json_t *list, *all;

	n_asked = 0;
	all = long_answer_json(show_backends(&dnatd, NULL, NULL), &err);
	list = json_array_get(all, 0);
	CHECK_INT(n_asked, 1);
	CHECK_INT(json_array_size(list), 3);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);
		bool counted = !strcmp("10.1.0.11", json_string_value(
				       json_object_get(row, "addr")));

		CHECK_INT(json_integer_value(json_object_get(row, "unanswered")),
			  counted ? unanswered : 0);
	}
	json_decref(all);
	all = long_answer_json(show_services(&dnatd, NULL, NULL), &err);
	CHECK_INT(n_asked, 1);
	CHECK_INT(json_array_size(json_array_get(all, 0)), 2);
	json_decref(all);
}

static void test_check(void)
{
	connections = 50, in_use = 10, unanswered = 20;
	CHECK_STR(advice(), "");
	unanswered = 21;
	CHECK_STR(advice(), "service web: backend 10.1.0.11 port 8080 passes its checks, but 21 of its connections ended without any answer: check that it has a route to 192.0.2.10 through this machine and that its firewall accepts the packets; service set web check-source vip checks the same path");
	counts.down = true;
	CHECK_STR(advice(), "");
	counts.down = false;
	counts.passed = 0;
	CHECK_STR(advice(), "");
	counts.passed = 1;
	connections = 19, unanswered = 9;
	CHECK_STR(advice(), "");
}

/* However long the answer is, a turn of the loop takes one datagram of it. */
static void test_parts(void)
{
	bool more = true;

	datagrams = 5;
	n_asked = n_received = 0;
	while (more) {
		unsigned int before = n_received;

		more = silence_step(&silence, &dnatd);
		CHECK(n_received <= before + 1);
	}
	CHECK_INT(n_received, datagrams);
	CHECK_INT(n_asked, 1);
	datagrams = 1;
}

/* An answer that fails is no reason to call a fault over. */
static void test_no_answer(void)
{
	connections = 50, unanswered = 21;
	CHECK(*advice());
	received_rc = -EINTR;
	CHECK(*advice());
	received_rc = 0;
	unanswered = 0;
	CHECK_STR(advice(), "");
}

/* Many services are looked at in parts, too. */
static void test_services(void)
{
	unsigned int few = look();

	for (int i = 0; i < 600; i++) {
		char name[16];

		snprintf(name, sizeof(name), "many%d", i);
		add("service.add", json_pack("{s:s, s:s, s:i}", "name", name, "vip", "192.0.2.11", "port", 1 + i));
	}
	CHECK_INT(look(), few + 1);
}

int main(void)
{
	dnatd.model = model_new();
	NEED(dnatd.model);
	add("service.add", json_pack("{s:s, s:s, s:i, s:s}", "name", "web", "vip", "192.0.2.10", "port", 80, "check", "tcp"));
	add("backend.add", json_pack("{s:s, s:s, s:i}", "service", "web", "addr", "10.1.0.11", "port", 8080));
	add("backend.add", json_pack("{s:s, s:s, s:i}", "service", "web", "addr", "10.1.0.12", "port", 8080));
	add("service.add", json_pack("{s:s, s:s, s:i}", "name", "api", "vip", "192.0.2.10", "port", 81));
	add("backend.add", json_pack("{s:s, s:s}", "service", "api", "addr", "10.1.0.13"));
	test_rows();
	test_show();
	test_check();
	test_parts();
	test_no_answer();
	test_services();
	silence_clean(&silence);
	model_free(dnatd.model);
	return unit_result();
}
