// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "model/model.h"
#include "model/slots.h"
#include "unit.h"

static struct err err;

/* Single quotes stand for double ones, which C would have to escape. */
static json_t *json(const char *text)
{
	char *copy = strdup(text);
	json_error_t error;
	json_t *value;
	char *p;

	NEED(copy);
	for (p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	value = json_loads(copy, JSON_REJECT_DUPLICATES, &error);
	if (!value)
		fprintf(stderr, "%s: %s\n", copy, error.text);
	NEED(value);
	free(copy);
	return value;
}

static int apply(struct model *model, const char *op, const char *text)
{
	json_t *args = json(text);
	struct change change;
	int ret;

	memset(&err, 0, sizeof(err));
	ret = model_plan(model, op, args, &change, &err);
	if (!ret)
		model_commit(model, &change);
	json_decref(args);
	return ret;
}

/* A refusal must change nothing, name the argument and be one plain line. */
static void refused(struct model *model, int line, const char *op,
		    const char *text, int error, const char *arg)
{
	json_t *before = model_to_json(model);
	int ret = apply(model, op, text);
	json_t *after = model_to_json(model);
	const char *p;

	if (ret != error || strcmp(err.arg, arg)) {
		unit_failures++;
		fprintf(stderr, "%s:%d: %s %s: %d, arg \"%s\", \"%s\"\n",
			__FILE__, line, op, text, ret, err.arg, err.msg);
	}
	CHECK(err.msg[0]);
	for (p = err.msg; *p; p++)
		CHECK(*p >= ' ' && *p <= '~');
	CHECK(json_equal(before, after));
	json_decref(before);
	json_decref(after);
}

#define REFUSED(op, text, error, arg) \
	refused(model, __LINE__, op, text, error, arg)

static struct model *sample(void)
{
	struct model *model = model_new();

	NEED(model);
	NEED(!apply(model, "service.add",
		    "{'name':'web','vip':'192.0.2.10','port':80}"));
	NEED(!apply(model, "backend.add",
		    "{'service':'web','addr':'10.1.0.11','port':8080,'weight':2}"));
	NEED(!apply(model, "service.add",
		    "{'name':'six','vip':'2001:db8::10','port':443,'dev':'eth0'}"));
	NEED(!apply(model, "service.add",
		    "{'name':'dns','vip':'192.0.2.10','port':53,'proto':'udp','scheduler':'wrr'}"));
	return model;
}

static const struct backend *first_of(const struct model *model)
{
	return &model_find(model, "web")->backends[0];
}

#define WEB_11 "'service':'web','addr':'10.1.0.11'"

static void test_drain(void)
{
	struct model *model = sample(), *again;
	const struct backend *backend;
	unsigned int left;
	json_t *root;

	CHECK_INT(backend_weight(first_of(model)), 2);
	CHECK(!backend_left(first_of(model), model_now(), &left));

	CHECK_INT(apply(model, "backend.set",
			"{" WEB_11 ",'state':'drain','deadline':'100s'}"), 0);
	backend = first_of(model);
	CHECK_INT(backend->state, BACKEND_DRAIN);
	CHECK_INT(backend->weight, 2);
	CHECK_INT(backend_weight(backend), 0);
	CHECK(backend_left(backend, backend->until - 1000, &left));
	CHECK_INT(left, 1000);
	CHECK(backend_left(backend, backend->until + 1000, &left));
	CHECK_INT(left, 0);
	/* The clock was set back: it takes no longer for that. */
	CHECK(backend_left(backend, backend->until - 1000000, &left));
	CHECK_INT(left, 100000);
	CHECK(backend_left(backend, model_now(), &left) && left > 50000);

	/* What is kept goes on where it was, and what is shown begins anew. */
	root = json("{'version':1,'services':[{'name':'web',"
		    "'vip':'192.0.2.10','port':80,'backends':["
		    "{'addr':'10.1.0.11','state':'drain','deadline':'100s',"
		    "'until':1700000000123}]}]}");
	again = model_from_json(root, &err);
	json_decref(root);
	NEED(again);
	CHECK_INT(first_of(again)->state, BACKEND_DRAIN);
	CHECK_INT(first_of(again)->deadline, 100000);
	CHECK_INT(first_of(again)->until, 1700000000123);
	root = service_to_state(model_find(again, "web"));
	CHECK_INT(json_integer_value(json_object_get(json_array_get(
			json_object_get(root, "backends"), 0), "until")),
		  1700000000123);
	json_decref(root);
	model_free(again);
	root = service_to_json(model_find(model, "web"));
	CHECK_STR(json_string_value(json_object_get(json_array_get(
			json_object_get(root, "backends"), 0), "deadline")),
		  "100s");
	CHECK(!json_object_get(json_array_get(
			json_object_get(root, "backends"), 0), "until"));
	json_decref(root);

	/* A weight says nothing of the drain, and a new state all of it. */
	CHECK_INT(apply(model, "backend.set", "{" WEB_11 ",'weight':3}"), 0);
	CHECK_INT(first_of(model)->state, BACKEND_DRAIN);
	CHECK(first_of(model)->until);
	CHECK_INT(apply(model, "backend.set", "{" WEB_11 ",'state':'drain'}"),
		  0);
	CHECK(!first_of(model)->until);
	CHECK_INT(apply(model, "backend.set", "{" WEB_11 ",'state':'up'}"), 0);
	CHECK_INT(first_of(model)->state, BACKEND_UP);
	CHECK_INT(backend_weight(first_of(model)), 3);

	CHECK_INT(apply(model, "backend.del", "{" WEB_11 ",'drain':'0s'}"), 0);
	CHECK_INT(first_of(model)->state, BACKEND_REMOVE);
	CHECK(backend_left(first_of(model), model_now(), &left));
	CHECK_INT(left, 0);
	CHECK_INT(backend_weight(first_of(model)), 0);
	CHECK_INT(apply(model, "backend.del", "{" WEB_11 "}"), 0);
	CHECK_INT(model_find(model, "web")->n_backends, 0);

	CHECK_INT(apply(model, "backend.add",
			"{" WEB_11 ",'state':'remove','deadline':'1h'}"), 0);
	CHECK_INT(first_of(model)->state, BACKEND_REMOVE);
	CHECK_INT(first_of(model)->deadline, 3600000);
	model_free(model);
}

static void test_accepted(void)
{
	struct model *model = sample();
	const struct service *service;

	CHECK_INT(model->n_services, 3);
	CHECK_STR(model->services[0]->name, "dns");
	CHECK_STR(model->services[1]->name, "six");
	CHECK_STR(model->services[2]->name, "web");
	service = model_find(model, "web");
	NEED(service);
	CHECK_INT(service->proto, IPPROTO_TCP);
	CHECK_INT(service->scheduler, SCHEDULER_RR);
	CHECK_INT(service->mode, MODE_DOUBLE_NAT);
	CHECK_STR(service->dev, "");
	CHECK(service->fast);
	CHECK_INT(service->n_backends, 1);
	CHECK_INT(service->backends[0].port, 8080);
	CHECK_INT(service->backends[0].weight, 2);
	CHECK_STR(model_find(model, "six")->dev, "eth0");

	/* The port left out is the service's. */
	CHECK_INT(apply(model, "backend.add",
			"{'service':'web','addr':'10.1.0.12'}"), 0);
	service = model_find(model, "web");
	CHECK_INT(service->backends[1].port, 80);
	CHECK_INT(service->backends[1].weight, 1);

	/* tcp and udp on one VIP and port; a backend used by two services. */
	CHECK_INT(apply(model, "service.add",
			"{'name':'dns-tcp','vip':'192.0.2.10','port':53}"), 0);
	CHECK_INT(apply(model, "backend.add",
			"{'service':'dns-tcp','addr':'10.1.0.11','port':8080}"),
		  0);

	CHECK_INT(apply(model, "service.set",
			"{'name':'web','scheduler':'wrr','dev':'eth1'}"), 0);
	service = model_find(model, "web");
	CHECK_INT(service->scheduler, SCHEDULER_WRR);
	CHECK_STR(service->dev, "eth1");
	CHECK_INT(service->n_backends, 2);
	CHECK_INT(apply(model, "service.set", "{'name':'web','dev':null}"), 0);
	CHECK_STR(model_find(model, "web")->dev, "");
	CHECK(model_find(model, "web")->fast);
	CHECK_INT(apply(model, "service.set", "{'name':'web','fast':'off'}"),
		  0);
	CHECK(!model_find(model, "web")->fast);
	CHECK_INT(model_find(model, "web")->n_backends, 2);
	CHECK_INT(apply(model, "service.set", "{'name':'six','dev':'none'}"),
		  0);
	CHECK_STR(model_find(model, "six")->dev, "");

	CHECK_INT(apply(model, "backend.set",
			"{'service':'web','addr':'10.1.0.11','weight':0}"), 0);
	CHECK_INT(model_find(model, "web")->backends[0].weight, 0);
	CHECK_INT(apply(model, "backend.del",
			"{'service':'web','addr':'10.1.0.11'}"), 0);
	service = model_find(model, "web");
	CHECK_INT(service->n_backends, 1);
	CHECK_INT(service->backends[0].port, 80);

	CHECK_INT(apply(model, "service.del", "{'name':'web'}"), 0);
	CHECK(!model_find(model, "web"));
	CHECK_INT(model->n_services, 3);
	model_free(model);
}

static void test_service_refused(void)
{
	struct model *model = sample();

#define ADD(rest, error, arg) \
	REFUSED("service.add", "{'name':'new','vip':'192.0.2.11'," rest "}", \
		error, arg)
	ADD("'port':0", -EINVAL, "port");
	ADD("'port':65536", -EINVAL, "port");
	ADD("'port':-1", -EINVAL, "port");
	ADD("'port':4294967376", -EINVAL, "port");
	ADD("'port':'80'", -EINVAL, "port");
	ADD("'port':80.0", -EINVAL, "port");
	ADD("'port':null", -EINVAL, "port");
	ADD("'dev':'eth0'", -EINVAL, "port");
	ADD("'port':80,'proto':'sctp'", -EINVAL, "proto");
	ADD("'port':80,'proto':null", -EINVAL, "proto");
	ADD("'port':80,'mode':'nat'", -EINVAL, "mode");
	ADD("'port':80,'scheduler':'lc'", -EINVAL, "scheduler");
	ADD("'port':80,'dev':''", -EINVAL, "dev");
	ADD("'port':80,'dev':'a b'", -EINVAL, "dev");
	ADD("'port':80,'dev':'a/b'", -EINVAL, "dev");
	ADD("'port':80,'dev':'..'", -EINVAL, "dev");
	ADD("'port':80,'dev':'eth0\\n'", -EINVAL, "dev");
	ADD("'port':80,'dev':'abcdefghijklmnop'", -EINVAL, "dev");
	ADD("'port':80,'dev':7", -EINVAL, "dev");
	ADD("'port':80,'weight':1", -EINVAL, "weight");
	ADD("'port':80,'backends':[]", -EINVAL, "backends");
	ADD("'port':80,'\\u001b[31m':1", -EINVAL, "\\x1b[31m");
#undef ADD
	REFUSED("service.add", "{'vip':'192.0.2.11','port':80}", -EINVAL,
		"name");
	REFUSED("service.add", "{'name':'a\\nb','vip':'192.0.2.11','port':80}",
		-EINVAL, "name");
	REFUSED("service.add", "{'name':'','vip':'192.0.2.11','port':80}",
		-EINVAL, "name");
	REFUSED("service.add", "{'name':'new','vip':'192.0.2.300','port':80}",
		-EINVAL, "vip");
	REFUSED("service.add", "{'name':'new','vip':'ff02::1','port':80}",
		-EINVAL, "vip");
	REFUSED("service.add", "{'name':'web','vip':'192.0.2.11','port':80}",
		-EEXIST, "name");
	REFUSED("service.add", "{'name':'new','vip':'192.0.2.10','port':80}",
		-EEXIST, "vip");
	CHECK(strstr(err.msg, "service web"));
	REFUSED("service.add",
		"{'name':'new','vip':'2001:db8:0:0::10','port':443}", -EEXIST,
		"vip");

	REFUSED("service.set", "{'name':'web'}", -EINVAL, "");
	REFUSED("service.set", "{'name':'none','scheduler':'rr'}", -ENOENT,
		"name");
	REFUSED("service.set", "{'name':'web','port':81}", -EINVAL, "port");
	REFUSED("service.set", "{'name':'web','vip':'192.0.2.11'}", -EINVAL,
		"vip");
	REFUSED("service.set", "{'name':'web','scheduler':null}", -EINVAL,
		"scheduler");
	REFUSED("service.set", "{'scheduler':'rr'}", -EINVAL, "name");
	REFUSED("service.set", "{'name':'web','fast':'yes'}", -EINVAL, "fast");
	REFUSED("service.set", "{'name':'web','fast':false}", -EINVAL, "fast");
	REFUSED("service.add",
		"{'name':'x','vip':'192.0.2.9','port':1,'fast':'ON'}", -EINVAL,
		"fast");
	REFUSED("service.del", "{'name':'none'}", -ENOENT, "name");
	REFUSED("service.del", "{'name':7}", -EINVAL, "name");
	REFUSED("service.del", "{'name':'web','port':80}", -EINVAL, "port");
	REFUSED("service.del", "{}", -EINVAL, "name");
	REFUSED("service.rename", "{'name':'web'}", -EINVAL, "op");
	model_free(model);
}

static void test_backend_refused(void)
{
	struct model *model = sample();

#define ADD(rest, error, arg) \
	REFUSED("backend.add", "{'service':'web'," rest "}", error, arg)
	ADD("'port':80", -EINVAL, "addr");
	ADD("'addr':'fd00::1'", -EINVAL, "addr");
	ADD("'addr':'192.0.2.10'", -EINVAL, "addr");
	ADD("'addr':'0.0.0.0'", -EINVAL, "addr");
	ADD("'addr':'127.0.0.1'", -EINVAL, "addr");
	CHECK(strstr(err.msg, "loopback"));
	ADD("'addr':'10.1.0.11','port':8080", -EEXIST, "addr");
	ADD("'addr':'10.1.0.12','port':0", -EINVAL, "port");
	ADD("'addr':'10.1.0.12','port':65536", -EINVAL, "port");
	ADD("'addr':'10.1.0.12','weight':257", -EINVAL, "weight");
	ADD("'addr':'10.1.0.12','weight':-1", -EINVAL, "weight");
	ADD("'addr':'10.1.0.12','name':'web'", -EINVAL, "name");
#undef ADD
	REFUSED("backend.add", "{'service':'no','addr':'10.1.0.12'}", -ENOENT,
		"service");
	REFUSED("backend.add", "{'service':'six','addr':'10.1.0.12'}",
		-EINVAL, "addr");
	REFUSED("backend.add", "{'service':'six','addr':'::1'}", -EINVAL,
		"addr");
	CHECK(strstr(err.msg, "loopback"));
	REFUSED("backend.add", "{'addr':'10.1.0.12'}", -EINVAL, "service");

	NEED(!apply(model, "backend.add",
		    "{'service':'web','addr':'10.1.0.11','port':81}"));
	REFUSED("backend.del", "{'service':'web','addr':'10.1.0.11'}", -EINVAL,
		"port");
	CHECK(strstr(err.msg, "8080, 81"));
	REFUSED("backend.set",
		"{'service':'web','addr':'10.1.0.11','weight':1}", -EINVAL,
		"port");
	REFUSED("backend.set",
		"{'service':'web','addr':'10.1.0.11','port':81}", -EINVAL,
		"");
	CHECK(strstr(err.msg, "give weight, state"));
#define SET(text, arg) \
	REFUSED("backend.set", \
		"{'service':'web','addr':'10.1.0.11','port':81," text "}", \
		-EINVAL, arg)
	SET("'state':'down'", "state");
	SET("'deadline':'60s'", "deadline");
	SET("'weight':1,'deadline':'60s'", "deadline");
	SET("'state':'up','deadline':'60s'", "deadline");
	SET("'state':'drain','deadline':'60x'", "deadline");
	SET("'state':'drain','deadline':'1001h'", "deadline");
	SET("'state':'drain','until':1", "until");
	SET("'state':'up','weight':0", "weight");
#undef SET
	REFUSED("backend.del",
		"{'service':'web','addr':'10.1.0.11','port':81,'drain':'x'}",
		-EINVAL, "drain");
	REFUSED("backend.del", "{'service':'web','addr':'10.1.0.11','port':82}",
		-ENOENT, "port");
	REFUSED("backend.del", "{'service':'web','addr':'10.1.0.99'}", -ENOENT,
		"addr");
	REFUSED("backend.del", "{'service':'web','addr':'fd00::99'}", -ENOENT,
		"addr");
	CHECK_INT(apply(model, "backend.del",
			"{'service':'web','addr':'10.1.0.11','port':8080}"), 0);
	CHECK_INT(apply(model, "backend.del",
			"{'service':'web','addr':'10.1.0.11'}"), 0);
	CHECK_INT(model_find(model, "web")->n_backends, 0);
	model_free(model);
}

static void test_limits(void)
{
	struct model *model = sample();
	char text[160];
	int i;

	for (i = 1; i < BACKENDS_MAX; i++) {
		snprintf(text, sizeof(text),
			 "{'service':'web','addr':'10.2.%d.%d','weight':%d}",
			 i / 250, i % 250, i % 2 ? 255 : 256);
		NEED(!apply(model, "backend.add", text));
	}
	CHECK_INT(model_find(model, "web")->n_backends, BACKENDS_MAX);
	REFUSED("backend.add", "{'service':'web','addr':'10.9.0.1'}", -E2BIG,
		"addr");
	REFUSED("service.set", "{'name':'web','scheduler':'wrr'}", -E2BIG,
		"scheduler");
	CHECK(strstr(err.msg, "smaller"));
	model_free(model);

	/* More services than the first room; removed in another order. */
	model = sample();
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof(text),
			 "{'name':'s%d','vip':'198.51.100.%d','port':%d}",
			 i * 37 % 100, i + 1, i + 1);
		CHECK_INT(apply(model, "service.add", text), 0);
	}
	CHECK_INT(model->n_services, 103);
	for (i = 1; i < 103; i++)
		CHECK(strcmp(model->services[i - 1]->name,
			     model->services[i]->name) < 0);
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "{'name':'s%d'}", i);
		CHECK_INT(apply(model, "service.del", text), 0);
	}
	CHECK_INT(model->n_services, 3);
	model_free(model);
}

static void test_json(void)
{
	struct model *model = sample();
	json_t *root = model_to_json(model);
	struct model *again = model_from_json(root, &err);
	json_t *expected;
	json_t *second;

	NEED(again);
	second = model_to_json(again);
	CHECK(json_equal(root, second));
	json_decref(second);
	model_free(again);
	json_decref(root);

	expected = json("{'name':'web','vip':'192.0.2.10','port':80,'proto':'tcp',"
			"'mode':'double-nat','scheduler':'rr','dev':null,'fast':'on',"
			"'check':'none','on-down':'keep','when-empty':'reject',"
			"'backends':[{'addr':'10.1.0.11','port':8080,'weight':2}]}");
	root = service_to_json(model_find(model, "web"));
	CHECK(json_equal(root, expected));
	json_decref(root);
	json_decref(expected);

	/* A file of before there was "fast". */
	root = json("{'version':1,'services':[{'name':'a','vip':'192.0.2.1','port':1}]}");
	again = model_from_json(root, &err);
	NEED(again);
	CHECK(again->services[0]->fast);
	model_free(again);
	json_decref(root);
	root = json("{'version':1,'services':[{'name':'a','vip':'192.0.2.1','port':1,'fast':'off'}]}");
	again = model_from_json(root, &err);
	NEED(again);
	CHECK(!again->services[0]->fast);
	model_free(again);
	json_decref(root);
	model_free(model);
}

static void take_arg(const struct err *error, void *data)
{
	char *all = data;

	snprintf(all + strlen(all), 512 - strlen(all), "%s%s", all[0] ? " " : "",
		 error->arg);
}

/* All that is wrong is told, and what is right in between is no matter. */
static void test_errors(void)
{
	json_t *root = json("{'version':1,'vdports':{'range':'9'},'services':["
		"{'name':'a','vip':'192.0.2.1','port':80,'backends':["
		"{'addr':'10.0.0.1'},{'addr':'10.0.0.1'},7,{'addr':'192.0.2.1'},{'addr':'10.0.0.2'}]},"
		"{'name':'b','vip':'192.0.2.1','port':0},"
		"{'name':'c','vip':'192.0.2.2','port':80},"
		"{'name':'d','vip':'192.0.2.1','port':80},"
		"{'name':'a','vip':'192.0.2.3','port':80,'backends':[{'addr':'fd00::1'}]},"
		"null]}");
	char all[512] = "";

	CHECK(!model_read(root, take_arg, all));
	CHECK_STR(all, "vdports.range services[0].backends[1].addr services[0].backends[2] "
		       "services[0].backends[3].addr services[1].port "
		       "services[4].backends[0].addr services[5] services[4].name "
		       "services[3].vip");
	json_decref(root);
}

static void bad_state(int line, const char *text, const char *arg)
{
	json_t *root = json(text);
	struct model *model;

	memset(&err, 0, sizeof(err));
	model = model_from_json(root, &err);
	if (model || strcmp(err.arg, arg)) {
		unit_failures++;
		fprintf(stderr, "%s:%d: %s: arg \"%s\", \"%s\"\n", __FILE__,
			line, text, err.arg, err.msg);
	}
	model_free(model);
	json_decref(root);
}

#define BAD_STATE(text, arg) bad_state(__LINE__, text, arg)
#define ONE "{'name':'a','vip':'192.0.2.1','port':1}"

static void test_state_refused(void)
{
	BAD_STATE("[]", "");
	BAD_STATE("{}", "version");
	BAD_STATE("{'version':2,'services':[]}", "version");
	BAD_STATE("{'version':1}", "services");
	BAD_STATE("{'version':1,'services':{}}", "services");
	BAD_STATE("{'version':1,'services':[],'more':1}", "more");
	BAD_STATE("{'version':1,'services':[1]}", "services[0]");
	BAD_STATE("{'version':1,'services':[" ONE "," ONE "]}",
		  "services[1].name");
	BAD_STATE("{'version':1,'services':[{'name':'a','vip':'192.0.2.1','port':0}]}",
		  "services[0].port");
	BAD_STATE("{'version':1,'services':[{'name':'a','vip':'192.0.2.1','port':1,'fast':1}]}",
		  "services[0].fast");
	BAD_STATE("{'version':1,'services':[" ONE ",{'name':'b','vip':'192.0.2.2','port':1,"
		  "'backends':[{'addr':'10.0.0.1'},{'addr':'10.0.0.1'}]}]}",
		  "services[1].backends[1].addr");
	BAD_STATE("{'version':1,'services':[{'name':'b','vip':'192.0.2.2','port':1,"
		  "'backends':['10.0.0.1']}]}",
		  "services[0].backends[0]");
	BAD_STATE("{'version':1,'services':[{'name':'b','vip':'192.0.2.2','port':1,"
		  "'backends':[{'addr':'10.0.0.1','service':'b'}]}]}",
		  "services[0].backends[0].service");
}

static void commit(struct model *model, const char *op, json_t *args)
{
	struct change change;

	NEED(args && !model_plan(model, op, args, &change, &err));
	model_commit(model, &change);
	json_decref(args);
}

/* A model that is held stays as it was. */
static void test_hold(void)
{
	struct model *model = model_new();
	const struct model *held;

	NEED(model);
	commit(model, "service.add", json_pack("{s:s, s:s, s:i}", "name", "a",
					       "vip", "192.0.2.10", "port", 80));
	commit(model, "service.add", json_pack("{s:s, s:s, s:i}", "name", "b",
					       "vip", "192.0.2.10", "port", 81));
	held = model_hold(model);
	NEED(held);
	for (int i = 0; i < 2; i++)
		commit(model, "backend.add", json_pack("{s:s, s:s, s:i}", "service",
						       "a", "addr", "10.1.0.11",
						       "port", 8080 + i));
	commit(model, "service.del", json_pack("{s:s}", "name", "b"));
	CHECK_INT(held->n_services, 2);
	CHECK_INT(model_find(held, "a")->n_backends, 0);
	CHECK_STR(model_find(held, "b")->name, "b");
	CHECK_INT(model->n_services, 1);
	model_let_go(model);
	model_let_go(model);
	CHECK_INT(model_find(model, "a")->n_backends, 2);
	model_free(model);
}

int main(void)
{
	test_accepted();
	test_drain();
	test_service_refused();
	test_backend_refused();
	test_limits();
	test_json();
	test_errors();
	test_state_refused();
	test_hold();
	return unit_result();
}
