// SPDX-License-Identifier: GPL-2.0-only
/* From one configuration to another, and what an admin has to write for it. */
#include <errno.h>

#include "model/export.h"
#include "model/merge.h"
#include "model/service.h"
#include "unit.h"

#define NAMES 6
#define ADDRS 5
#define ROUNDS 3000

static struct err err;

static unsigned int roll(unsigned int n)
{
	return (unsigned int)random() % n;
}

static json_t *random_service(unsigned int number)
{
	static const char *const schedulers[] = { "rr", "wrr" };
	static const char *const devs[] = { NULL, "lo", "eth0" };
	json_t *backends = json_array();
	json_t *service;
	char name[16], addr[32];
	unsigned int first = roll(ADDRS);

	/* Services may change places: the port is another's name's. */
	snprintf(name, sizeof(name), "s%u", number);
	service = json_pack("{s:s, s:s, s:i, s:s, s:s?, s:s, s:o}", "name",
			    name, "vip", "192.0.2.10", "port",
			    (int)(1 + (number + roll(2) * NAMES)), "scheduler",
			    schedulers[roll(2)], "dev", devs[roll(3)], "fast",
			    roll(2) ? "on" : "off", "backends", backends);
	for (unsigned int i = 0; i < ADDRS; i++) {
		json_t *backend;

		if (roll(2))
			continue;
		snprintf(addr, sizeof(addr), "10.1.0.%u",
			 1 + (first + i) % ADDRS);
		backend = json_pack("{s:s}", "addr", addr);
		if (roll(2))
			json_object_set_new(backend, "weight",
					    json_integer(roll(3)));
		if (roll(2))
			json_object_set_new(backend, "port",
					    json_integer(1 + roll(3)));
		json_array_append_new(backends, backend);
	}
	return service;
}

static struct model *random_model(void)
{
	json_t *services = json_array();
	json_t *root = json_pack("{s:i, s:o}", "version", 1, "services",
				 services);
	struct model *model;

	for (unsigned int i = 0; i < NAMES; i++)
		if (roll(3))
			json_array_append_new(services, random_service(i));
	model = model_from_json(root, &err);
	if (!model)
		fprintf(stderr, "%s: %s\n", err.arg, err.msg);
	NEED(model);
	json_decref(root);
	return model;
}

static void same(const struct model *model, const json_t *wanted)
{
	json_t *got = model_to_json(model);

	CHECK(json_equal(got, wanted));
	json_decref(got);
}

/* What is written in brief means the same. */
static void check_brief(const struct model *model, const json_t *wanted)
{
	json_t *brief = export_model(model);
	struct model *again = model_from_json(brief, &err);

	NEED(again);
	same(again, wanted);
	model_free(again);
	json_decref(brief);
}

static size_t count_equal(const struct model *a, const struct model *b)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n_services; i++) {
		const struct service *other =
			model_find(b, a->services[i]->name);
		json_t *x = service_to_json(a->services[i]);
		json_t *y = other ? service_to_json(other) : NULL;

		n += json_equal(x, y);
		json_decref(x);
		json_decref(y);
	}
	return n;
}

static void test_random(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct model *model = random_model();
		struct model *wanted = random_model();
		json_t *after = model_to_json(wanted);
		size_t equal = count_equal(model, wanted);
		size_t both = 0;
		struct changes changes;

		check_brief(wanted, after);
		for (size_t i = 0; i < wanted->n_services; i++)
			both += !!model_find(model, wanted->services[i]->name);
		NEED(!merge_plan(model, wanted, &changes, &err));
		/* What is equal is left alone, and all else is in there once. */
		CHECK_INT(changes.n, model->n_services + wanted->n_services -
				     both - equal);
		NEED(!model_make_room(model, changes.n));
		for (size_t i = 0; i < changes.n; i++)
			model_commit(model, &changes.list[i]);
		merge_drop(&changes);
		same(model, after);
		model_free(wanted);

		/* And now there is nothing to change. */
		wanted = model_from_json(after, &err);
		NEED(wanted && !merge_plan(model, wanted, &changes, &err));
		CHECK_INT(changes.n, 0);
		merge_drop(&changes);
		model_free(wanted);
		model_free(model);
		json_decref(after);
	}
}

/* What was not carried out can be dropped. */
static void test_drop(void)
{
	for (int round = 0; round < 100; round++) {
		struct model *model = random_model();
		struct model *wanted = random_model();
		json_t *before = model_to_json(model);
		struct changes changes;

		NEED(!merge_plan(model, wanted, &changes, &err));
		merge_drop(&changes);
		same(model, before);
		json_decref(before);
		model_free(wanted);
		model_free(model);
	}
}

/* What is known of a backend that stays goes over, and no more than that. */
static void test_known(void)
{
	static const char *const text =
		"{\"version\": 1, \"services\": [{\"name\": \"a\", \"vip\": \"192.0.2.1\","
		"\"port\": 80, \"check\": \"%s\", \"backends\": ["
		"{\"addr\": \"10.0.0.%d\", \"state\": \"drain\", \"deadline\": \"%s\"},"
		"{\"addr\": \"10.0.0.2\", \"weight\": %d}]}]}";
	static const struct {
		const char *check;
		int first;
		const char *deadline;
		bool down;	/* what both were is so again */
		bool until;
	} rows[] = {
		{ "tcp", 1, "1h", true, true },
		{ "tcp", 1, "2h", true, false },
		{ "tcp", 3, "1h", false, false },
		{ "none", 1, "1h", false, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *was = json_sprintf(text, "tcp", 1, "1h", 1);
		json_t *now = json_sprintf(text, rows[i].check, rows[i].first,
					   rows[i].deadline, 2);
		json_t *a = json_loads(json_string_value(was), 0, NULL);
		json_t *b = json_loads(json_string_value(now), 0, NULL);
		struct model *model = model_from_json(a, &err);
		struct model *wanted = model_from_json(b, &err);
		const struct backend *got;
		struct changes changes;

		NEED(model && wanted);
		model->services[0]->backends[0].until = 12345;
		model->services[0]->backends[0].down = true;
		model->services[0]->backends[1].down = true;
		NEED(!merge_plan(model, wanted, &changes, &err));
		CHECK_INT(changes.n, 1);
		got = changes.list[0].new->backends;
		CHECK_INT(got[0].down, rows[i].down);
		CHECK_INT(got[0].until == 12345, rows[i].until);
		CHECK_INT(got[1].down, rows[i].check[0] == 't');
		CHECK_INT(got[1].weight, 2);
		merge_drop(&changes);
		model_free(wanted);
		model_free(model);
		json_decref(was);
		json_decref(now);
		json_decref(a);
		json_decref(b);
	}
}

static void test_brief(void)
{
	json_t *root = json_loads(
		"{\"version\": 1, \"services\": [{\"name\": \"a\", \"vip\": \"192.0.2.1\","
		"\"port\": 80, \"proto\": \"tcp\", \"fast\": \"on\", \"scheduler\": \"wrr\","
		"\"backends\": [{\"addr\": \"10.0.0.1\", \"port\": 80, \"weight\": 1},"
		"{\"addr\": \"10.0.0.2\", \"port\": 81, \"weight\": 0}]}]}",
		0, NULL);
	struct model *model = model_from_json(root, &err);
	json_t *brief;
	char *text;

	json_decref(root);
	NEED(model);
	brief = export_service(model->services[0]);
	text = json_dumps(brief, JSON_COMPACT | JSON_SORT_KEYS);
	CHECK_STR(text, "{\"backends\":[{\"addr\":\"10.0.0.1\"},"
			"{\"addr\":\"10.0.0.2\",\"port\":81,\"weight\":0}],\"name\":\"a\","
			"\"port\":80,\"scheduler\":\"wrr\",\"vip\":\"192.0.2.1\"}");
	free(text);
	json_decref(brief);
	model_free(model);
}

int main(void)
{
	srandom(4);
	test_brief();
	test_random();
	test_drop();
	test_known();
	return unit_result();
}
