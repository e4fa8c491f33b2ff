// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which helpers the table asks for, as services come, change and go; and where a
 * service's turn begins.
 */
#include "model/model.h"
#include "model/slots.h"
#include "nft/table.h"
#include "unit.h"

static struct model *model;
static struct err err;

static json_t *service_args(const char *name, int port, const char *proto,
			    const char *fast)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:s}", "name", name, "vip",
			 "192.0.2.10", "port", port, "proto", proto, "fast",
			 fast);
}

static void plan(const char *op, json_t *args, struct change *change)
{
	NEED(args);
	NEED(!model_plan(model, op, args, change, &err));
	json_decref(args);
}

static void apply(const char *op, json_t *args)
{
	struct change change;

	plan(op, args, &change);
	model_commit(model, &change);
}

/* The names of all objects in @table, a blank behind each. */
static const char *helpers(const struct table *table)
{
	static char names[256];

	names[0] = '\0';
	for (size_t i = 0; i < table->n; i++)
		if (table->items[i].kind == ITEM_OBJECT)
			snprintf(names + strlen(names),
				 sizeof(names) - strlen(names), "%s ",
				 table->items[i].key);
	return names;
}

static const struct item *find(const struct table *table, enum item_kind kind,
			       const char *key)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->items[i].kind == kind &&
		    !strcmp(table->items[i].key, key))
			return &table->items[i];
	return NULL;
}

#define WHOLE(allocator, wanted) whole(__LINE__, allocator, wanted)

static void whole(int line, enum allocator allocator, const char *wanted)
{
	struct table table;

	table_init(&table);
	NEED(!table_want(&table, allocator, model, NULL));
	if (strcmp(helpers(&table), wanted)) {
		unit_failures++;
		fprintf(stderr, "%s:%d: helpers %s\n", __FILE__, line,
			helpers(&table));
	}
	table_clean(&table);
}

#define SIDES(op, args, before, after) sides(__LINE__, op, args, before, after)

/* What a change of one service sees before and after it. */
static void sides(int line, const char *op, json_t *args, const char *before,
		  const char *after)
{
	const char *const wanted[] = { before, after };
	struct change change;
	const struct changes one = { .n = 1, .list = &change };
	struct table table;

	plan(op, args, &change);
	for (size_t i = 0; i < 2; i++) {
		table_init(&table);
		NEED(!table_want_changes(&table, ALLOC_MODULE, model, &one,
					 i == 1));
		if (strcmp(helpers(&table), wanted[i])) {
			unit_failures++;
			fprintf(stderr, "%s:%d: helpers %s\n", __FILE__, line,
				helpers(&table));
		}
		table_clean(&table);
	}
	model_commit(model, &change);
}

static json_t *set(const char *name, const char *fast)
{
	return json_pack("{s:s, s:s}", "name", name, "fast", fast);
}

static json_t *del(const char *name)
{
	return json_pack("{s:s}", "name", name);
}

static void test_helpers(void)
{
	WHOLE(ALLOC_MODULE, "double-nat-tcp double-nat-udp ");
	SIDES("service.add", service_args("a", 1, "tcp", "on"), "", "");
	SIDES("service.add", service_args("b", 2, "tcp", "off"), "",
	      "double-nat-tcp-slow ");
	WHOLE(ALLOC_MODULE,
	      "double-nat-tcp double-nat-tcp-slow double-nat-udp ");
	SIDES("service.add", service_args("c", 2, "udp", "off"),
	      "double-nat-tcp-slow ",
	      "double-nat-tcp-slow double-nat-udp-slow ");
	WHOLE(ALLOC_NF_NAT, "");

	/* The last one takes the helper with it, and only that one. */
	SIDES("service.set", set("a", "off"),
	      "double-nat-tcp-slow double-nat-udp-slow ",
	      "double-nat-tcp-slow double-nat-udp-slow ");
	SIDES("service.set", set("b", "on"),
	      "double-nat-tcp-slow double-nat-udp-slow ",
	      "double-nat-tcp-slow double-nat-udp-slow ");
	SIDES("service.del", del("a"),
	      "double-nat-tcp-slow double-nat-udp-slow ",
	      "double-nat-udp-slow ");
	SIDES("service.set", set("c", "on"), "double-nat-udp-slow ", "");
	WHOLE(ALLOC_MODULE, "double-nat-tcp double-nat-udp ");
}

/* The helper's type, and the rule that hands connections to it. */
static void test_rule(void)
{
	const struct item *item;
	struct table table;

	apply("service.set", set("b", "off"));
	apply("backend.add", json_pack("{s:s, s:s}", "service", "b", "addr",
				       "10.1.0.11"));
	table_init(&table);
	NEED(!table_want(&table, ALLOC_MODULE, model, NULL));
	item = find(&table, ITEM_OBJECT, "double-nat-tcp-slow");
	NEED(item);
	CHECK(strstr(item->text, "helper doublenat-slow l3proto 1 l4proto 6"));
	item = find(&table, ITEM_RULES, "svc-b");
	NEED(item);
	CHECK(strstr(item->text, "double-nat-tcp-slow"));
	table_clean(&table);
}

static int take_first(struct nftnl_set_elem *elem, void *data)
{
	uint32_t len;

	if (!nftnl_set_elem_get_u32(elem, NFTNL_SET_ELEM_KEY))
		*(uint8_t *)data = ((const uint8_t *)
			nftnl_set_elem_get(elem, NFTNL_SET_ELEM_DATA, &len))[3];
	return 0;
}

/* The last byte of the backend that the rule of @service begins with. */
static uint8_t begins_with(const struct service *service, uint64_t packets)
{
	struct rule rule = { 0 };
	uint8_t first = 0;
	char *before, *after;

	NEED(!rule_service(&rule, "svc-d", service, ALLOC_NF_NAT, 1));
	before = text_rule(rule.rule, rule.set);
	rule_set_turn(&rule, packets);
	after = text_rule(rule.rule, rule.set);
	CHECK_STR(after, before);
	nftnl_set_elem_foreach(rule.set, take_first, &first);
	free(before);
	free(after);
	rule_free(&rule);
	return first;
}

/* One of four backends comes and goes between any two connections. */
static void test_turn(void)
{
	unsigned int turns[5] = { 0 };
	struct service *service;

	apply("service.add", service_args("d", 4, "tcp", "on"));
	for (int i = 1; i <= 4; i++) {
		char addr[24];

		snprintf(addr, sizeof(addr), "10.1.0.%d", i);
		apply("backend.add", json_pack("{s:s, s:s}", "service", "d",
					       "addr", addr));
	}
	service = (struct service *)model_find(model, "d");
	NEED(service);
	CHECK_INT(begins_with(service, 0), 1);
	for (unsigned int i = 0; i < 40; i++) {
		service->backends[3].weight = i % 2;
		turns[begins_with(service, i)]++;
	}
	for (int i = 1; i <= 3; i++)
		CHECK(turns[i] >= 10 && turns[i] <= 14);
	CHECK(turns[4] >= 4 && turns[4] <= 6);
}

int main(void)
{
	model = model_new();
	NEED(model);
	test_helpers();
	test_rule();
	test_turn();
	model_free(model);
	return unit_result();
}
