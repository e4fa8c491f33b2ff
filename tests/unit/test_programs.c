// SPDX-License-Identifier: GPL-2.0-only
/* Who may have dnatd run which program. */
#include "api/change_request.h"
#include "api/programs.h"
#include "engine/dnatd.h"
#include "model/model.h"
#include "unit.h"

static const struct peer root = { .changes = true, .root = true };
static const struct peer admin = { .uid = 1000, .changes = true };
static struct model *model;
static struct err err;

static void add(const char *name, const char *type, const char *command)
{
	json_t *args = json_pack("{s:s, s:s, s:i, s:s, s:s*}", "name", name,
				 "vip", "192.0.2.10", "port",
				 80 + (int)model->n_services, "check", type,
				 "exec-command", command);
	struct change change;

	NEED(args && !model_plan(model, "service.add", args, &change, &err));
	model_commit(model, &change);
	json_decref(args);
}

static bool may(const struct peer *peer, const char *op, const char *text)
{
	json_t *args = json_loads(text, 0, NULL);
	int ret;

	NEED(args);
	err.msg[0] = '\0';
	ret = programs_check(model, op, args, peer, &err);
	json_decref(args);
	CHECK(!ret == !err.msg[0]);
	return !ret;
}

#define CONFIG(services) "{\"config\": {\"services\": [" services "]}}"
#define RUN(name, command) \
	"{\"name\": \"" name "\", \"exec-command\": \"" command "\"}"

/* While a disk hangs, requests do not fill the memory. */
static void test_waiting(void)
{
	struct dnatd dnatd = { .n_transactions = 2 };

	CHECK_INT(change_requests_check(&dnatd, 3, &err), 0);
	CHECK_INT(change_requests_check(&dnatd, 2, &err), -EBUSY);
	CHECK_STR(err.msg, "1 changes wait already; see status, and try again");
}

int main(void)
{
	test_waiting();
	model = model_new();
	NEED(model);
	add("run", "exec", "/bin/true x");
	add("web", "tcp", NULL);

	CHECK(may(&root, "service.set", RUN("run", "/bin/false")));
	CHECK(may(&root, "config.apply", CONFIG(RUN("new", "/bin/false"))));

	CHECK(!may(&admin, "service.add", RUN("new", "/bin/true x")));
	CHECK_STR(err.msg, "user 1000 may not set exec-command, which makes dnatd run a program; run this as root, or put it in the file that dnatd reads at its start");
	CHECK_STR(err.arg, "exec-command");
	CHECK(!may(&admin, "service.set", RUN("run", "/bin/true")));
	CHECK(!may(&admin, "service.set", RUN("web", "/bin/true x")));
	CHECK(!may(&admin, "service.set", "{\"exec-command\": \"/bin/true x\"}"));
	CHECK(!may(&admin, "config.apply", CONFIG(RUN("run", "/bin/true x") ", " RUN("web", "/bin/true x"))));
	CHECK(!may(&admin, "config.apply", CONFIG(RUN("run", "/bin/true y"))));

	/* What is there may stay, and all else be changed. */
	CHECK(may(&admin, "service.set", RUN("run", "/bin/true x")));
	CHECK(may(&admin, "service.set", "{\"name\": \"run\", \"interval\": \"1s\"}"));
	CHECK(may(&admin, "config.apply", CONFIG(RUN("run", "/bin/true x") ", {\"name\": \"web\"}")));
	CHECK(may(&admin, "config.apply", CONFIG("")));
	CHECK(may(&admin, "config.apply", "{\"config\": {\"services\": 1}}"));
	CHECK(may(&admin, "config.apply", "{}"));
	CHECK(may(&admin, "connection.flush", "{}"));
	model_free(model);
	return unit_result();
}
