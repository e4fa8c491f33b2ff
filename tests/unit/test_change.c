// SPDX-License-Identifier: GPL-2.0-only
/* Changes against a kernel and a disk that fail when told to. */
#include <arpa/inet.h>
#include <errno.h>

#include "engine/change.h"
#include "engine/conns_end.h"
#include "engine/dnatd.h"
#include "engine/follow.h"
#include "engine/forget.h"
#include "engine/module_sync.h"
#include "engine/vdports_sync.h"
#include "model/model.h"
#include "model/slots.h"
#include "model/service.h"
#include "net/link.h"
#include "nft/nft.h"
#include "store/store.h"
#include "unit.h"

/* What was called, in order, and which calls fail. */
static char calls[512];
static const char *fails;
static void (*at_disk)(void);	/* happens while the disk is written to */
static bool table_lost;
static struct err err;

static bool is_to_fail(const char *name)
{
	size_t len = strlen(name);

	for (const char *at = fails; at; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (!strncmp(at, name, len) && (!at[len] || at[len] == ' '))
			return true;
	}
	return false;
}

static int call(const char *name, struct err *error)
{
	snprintf(calls + strlen(calls), sizeof(calls) - strlen(calls), "%s%s",
		 calls[0] ? " " : "", name);
	return is_to_fail(name) ? err_set(error, -EIO, NULL, "%s failed", name) :
				  0;
}

int store_add(struct store *store, const struct model *model,
	      const struct changes *changes, struct err *error)
{
	(void)store;
	(void)model;
	(void)changes;
	if (at_disk)
		at_disk();
	return call("store", error);
}

int store_undo(struct store *store, struct err *error)
{
	(void)store;
	return call("undo", error);
}

void store_settle(struct store *store, const struct model *model)
{
	(void)store;
	(void)model;
}

int nft_change(struct nft *nft, enum allocator allocator,
	       const struct model *model, const struct changes *changes,
	       struct err *error)
{
	int ret = call("nft", error);

	(void)nft;
	(void)allocator;
	(void)model;
	(void)changes;
	return table_lost ? err_set(error, -ENOENT, NULL, "no table") : ret;
}

int nft_reconcile(struct nft *nft, enum allocator allocator,
		  const struct model *model, bool *changed, struct err *error)
{
	int ret = call("reconcile", error);

	(void)nft;
	(void)allocator;
	(void)model;
	*changed = table_lost;
	table_lost = false;
	return ret;
}

int link_vips_add(const struct vip *vips, size_t n, struct err *error)
{
	char name[32];
	int ret = 0;

	for (size_t i = 0; !ret && i < n; i++) {
		snprintf(name, sizeof(name), "+%s", vips[i].dev);
		ret = call(name, error);
	}
	return ret;
}

int link_vips_del(const struct vip *vips, size_t n, struct err *error)
{
	char name[32];

	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "-%s", vips[i].dev);
		call(name, error);
	}
	return 0;
}

int link_vips_check(const struct vip *vips, size_t n, struct err *error)
{
	char name[32];

	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "?%s", vips[i].dev);
		if (call(name, error))
			return -EIO;
	}
	return 0;
}

int vdports_put(struct dnatd *d, const struct vdports *vdports,
		struct vdports *was, struct err *error)
{
	(void)d;
	(void)vdports;
	*was = (struct vdports){ 0 };
	return call("vdports", error);
}

void vdports_back(struct dnatd *d, const struct vdports *was)
{
	(void)d;
	(void)was;
	call("vdports-back", NULL);
}

int module_sync_start(struct dnatd *d, struct err *error)
{
	(void)d;
	return call("ports", error);
}

int module_sync_add(struct dnatd *d, const struct service *service,
		    struct err *error)
{
	char name[32];

	(void)d;
	snprintf(name, sizeof(name), "+%u", service->port);
	return call(name, error);
}

void module_sync_del(struct dnatd *d, const struct service *service)
{
	char name[32];

	(void)d;
	snprintf(name, sizeof(name), "-%u", service->port);
	call(name, NULL);
}

void conns_forget(struct dnatd *d, const struct conn_filter *filter)
{
	char addr[INET6_ADDRSTRLEN] = "all", name[80];

	(void)d;
	if (filter->backend.addr.family)
		addr_text(&filter->backend.addr, addr, sizeof(addr));
	snprintf(name, sizeof(name), "%s:%u>%s:%u",
		 filter->unanswered ? "unanswered" : "end", filter->vip.port,
		 addr, filter->backend.port);
	call(name, NULL);
}

/* drain.c's, which does not run here. */
int conns_end(struct dnatd *d, const struct conn_filter *filter, end_fn *fn,
	      void *data, struct err *error)
{
	(void)d;
	(void)filter;
	(void)fn;
	(void)data;
	return call("end", error);
}

void conns_end_early(struct dnatd *d)
{
	(void)d;
	call("early", NULL);
}

static struct dnatd dnatd;

/* There is no other thread: each job is over when it was added. */
static void run(struct job *job)
{
	if (job->begin)
		job->begin(job);
	job->work(job);
	job->done(job);
}

void worker_add(struct worker *worker, struct job *job)
{
	(void)worker;
	run(job);
}

void worker_finish(struct worker *worker)
{
	(void)worker;
}

void jobs_follow(struct dnatd *d)
{
	(void)d;
}

static void done(struct transaction *transaction)
{
	err = transaction->err;
}

static void begin(struct transaction *transaction)
{
	(void)transaction;
}

/* Carry @changes out, or what @plan makes of them. */
static int carry_out(struct changes *changes,
		     int (*plan)(struct transaction *transaction,
				 struct err *error))
{
	struct transaction transaction = {
		.changes = *changes, .begin = begin, .plan = plan, .done = done,
	};

	calls[0] = '\0';
	change_begin(&dnatd, &transaction);
	return transaction.ret;
}

/* A request of dnatctl's. */
static struct {
	const char *op;
	json_t *args;
} asked;

static int plan(struct transaction *transaction, struct err *error)
{
	return model_plan(dnatd.model, asked.op, asked.args,
			  transaction->changes.list, error);
}

static int plan_nothing(struct transaction *transaction, struct err *error)
{
	(void)transaction;
	(void)error;
	return 0;
}

static int apply(const char *op, json_t *args)
{
	struct change change = { 0 };
	struct changes changes = { .n = 1, .list = &change };
	int ret;

	NEED(args);
	asked.op = op;
	asked.args = args;
	ret = carry_out(&changes, plan);
	change_drop(&change);
	json_decref(args);
	return ret;
}

static int add(const char *name, int port, const char *dev)
{
	return apply("service.add",
		     json_pack("{s:s, s:s, s:i, s:s?}", "name", name, "vip",
			       "192.0.2.10", "port", port, "dev", dev));
}

static int set_dev(const char *name, const char *dev)
{
	return apply("service.set",
		     json_pack("{s:s, s:s?}", "name", name, "dev", dev));
}

static int del(const char *name)
{
	return apply("service.del", json_pack("{s:s}", "name", name));
}

static void test_good(void)
{
	CHECK_INT(add("a", 80, NULL), 0);
	CHECK_STR(calls, "store +80 nft early");
	CHECK_INT(add("b", 81, "v1"), 0);
	CHECK_STR(calls, "store +v1 +81 nft early");
	CHECK_INT(add("c", 82, "v1"), 0);
	CHECK_STR(calls, "store +v1 +82 nft early");
	CHECK_INT(set_dev("b", "v2"), 0);
	CHECK_STR(calls, "store +v2 nft");
	CHECK_INT(set_dev("c", "v3"), 0);
	CHECK_STR(calls, "store +v3 nft -v1");
	CHECK_INT(set_dev("c", NULL), 0);
	CHECK_STR(calls, "store nft -v3");
	CHECK_INT(set_dev("b", "v2"), 0);
	CHECK_STR(calls, "store nft");
	CHECK_INT(del("b"), 0);
	CHECK_STR(calls, "store nft -v2 -81");
	CHECK_INT(del("c"), 0);
	CHECK_STR(calls, "store nft -82");
	CHECK_INT(dnatd.model->n_services, 1);

	CHECK_INT(add("a", 83, NULL), -EEXIST);
	CHECK_STR(calls, "");
}

static int backend(const char *op, const char *name, const char *addr)
{
	return apply(op, json_pack("{s:s, s:s}", "service", name, "addr", addr));
}

/*
 * Flows of UDP, and clients without an answer, do not stay with a backend that
 * has gone.
 */
static void test_flows(void)
{
	CHECK_INT(apply("service.add",
			json_pack("{s:s, s:s, s:i, s:s}", "name", "u", "vip",
				  "192.0.2.10", "port", 53, "proto", "udp")),
		  0);
	CHECK_STR(calls, "store +53 nft early");
	CHECK_INT(backend("backend.add", "u", "10.1.0.11"), 0);
	CHECK_INT(backend("backend.add", "u", "10.1.0.12"), 0);
	CHECK_STR(calls, "store nft");
	CHECK_INT(apply("backend.set",
			json_pack("{s:s, s:s, s:s}", "service", "u", "addr",
				  "10.1.0.12", "state", "drain")), 0);
	CHECK_STR(calls, "store nft");
	fails = "nft";
	CHECK_INT(backend("backend.del", "u", "10.1.0.12"), -EIO);
	CHECK_STR(calls, "store nft reconcile undo");
	fails = NULL;
	CHECK_INT(backend("backend.del", "u", "10.1.0.12"), 0);
	CHECK_STR(calls, "store nft end:53>10.1.0.12:53");
	CHECK_INT(backend("backend.add", "a", "10.1.0.12"), 0);
	CHECK_INT(backend("backend.del", "a", "10.1.0.12"), 0);
	CHECK_STR(calls, "store nft unanswered:80>10.1.0.12:80");
	CHECK_INT(backend("backend.add", "u", "10.1.0.13"), 0);
	CHECK_INT(del("u"), 0);
	CHECK_STR(calls, "store nft end:53>all:0 -53");
}

/*
 * An interface that is missing is no reason to refuse anything but what asks
 * for it.
 */
static void test_no_interface(void)
{
	struct change down;
	struct changes changes = { .n = 1, .list = &down, .passing = true };

	CHECK_INT(add("d", 90, "v9"), 0);
	CHECK_INT(backend("backend.add", "d", "10.1.0.11"), 0);
	fails = "+v9";
	CHECK_INT(apply("backend.set",
			json_pack("{s:s, s:s, s:i}", "service", "d", "addr",
				  "10.1.0.11", "weight", 0)), 0);
	CHECK_STR(calls, "store nft");
	CHECK_INT(apply("service.set", json_pack("{s:s, s:s}", "name", "d",
						 "when-empty", "drop")), 0);
	CHECK_STR(calls, "store nft");
	CHECK_INT(add("e", 91, "v9"), -EIO);
	CHECK_STR(calls, "store +v9 undo");

	down.old = model_find(dnatd.model, "d");
	down.new = service_copy(down.old);
	NEED(down.new);
	down.new->backends[0].down = true;
	CHECK_INT(carry_out(&changes, NULL), 0);
	CHECK_STR(calls, "nft");
	CHECK(model_find(dnatd.model, "d")->backends[0].down);
	CHECK_INT(set_dev("d", "v8"), 0);
	CHECK_STR(calls, "store +v8 nft -v9");
	fails = NULL;
	CHECK_INT(del("d"), 0);
	CHECK_STR(calls, "store nft unanswered:90>all:0 -v8 -90");
}

static void goes_down(void)
{
	struct change down = { .old = model_find(dnatd.model, "a") };

	down.new = service_copy(down.old);
	NEED(down.new);
	down.new->backends[0].down = true;
	model_commit(dnatd.model, &down);
}

/* What checks find does not wait for the disk, and is not lost by a change. */
static void test_slow_disk(void)
{
	const struct service *service;

	CHECK_INT(backend("backend.add", "a", "10.1.0.11"), 0);
	CHECK_INT(apply("service.set", json_pack("{s:s, s:s}", "name", "a",
						 "check", "tcp")), 0);
	at_disk = goes_down;
	CHECK_INT(backend("backend.add", "a", "10.1.0.12"), 0);
	service = model_find(dnatd.model, "a");
	CHECK_INT(service->n_backends, 2);
	CHECK(service->backends[0].down);
	CHECK(!service->backends[1].down);
	fails = "nft";
	CHECK_INT(backend("backend.del", "a", "10.1.0.12"), -EIO);
	fails = NULL;
	at_disk = NULL;
	CHECK(!dnatd.model->held);
	CHECK_INT(backend("backend.del", "a", "10.1.0.11"), 0);
	CHECK_INT(backend("backend.del", "a", "10.1.0.12"), 0);
	CHECK_INT(apply("service.set", json_pack("{s:s, s:s}", "name", "a",
						 "check", "none")), 0);
}

static void test_failures(void)
{
	fails = "store";
	CHECK_INT(add("b", 81, "v1"), -EIO);
	CHECK_STR(calls, "store");

	fails = "+v1";
	CHECK_INT(add("b", 81, "v1"), -EIO);
	CHECK_STR(calls, "store +v1 -v1 undo");

	fails = "+81";
	CHECK_INT(add("b", 81, "v1"), -EIO);
	CHECK_STR(calls, "store +v1 +81 -81 -v1 undo");

	fails = "nft";
	CHECK_INT(add("b", 81, "v1"), -EIO);
	CHECK_STR(calls, "store +v1 +81 nft reconcile -81 -v1 undo");
	CHECK_STR(err.msg, "nft failed");

	CHECK_INT(del("a"), -EIO);
	CHECK_STR(calls, "store nft reconcile undo");
	fails = "nft undo";
	CHECK_INT(del("a"), -EIO);
	CHECK_STR(calls, "store nft reconcile undo");
	CHECK_STR(err.msg, "nft failed; and it is in the state file until the next change: undo failed");
	CHECK_INT(dnatd.model->n_services, 1);

	/* A VIP that another service has there stays. */
	fails = NULL;
	CHECK_INT(add("b", 81, "v1"), 0);
	fails = "nft";
	CHECK_INT(add("c", 82, "v1"), -EIO);
	CHECK_STR(calls, "store +v1 +82 nft reconcile -82 undo");

	/* An old VIP that cannot be taken away does not undo the change. */
	fails = "-v1";
	CHECK_INT(del("b"), 0);
	CHECK_STR(calls, "store nft -v1 -81");
	fails = NULL;
}

/* A table that somebody deleted is put back before the change is tried again. */
static void test_table_lost(void)
{
	table_lost = true;
	CHECK_INT(add("b", 81, NULL), 0);
	CHECK_STR(calls, "store +81 nft reconcile ports nft early early");
	CHECK_INT(del("b"), 0);

	table_lost = true;
	fails = "reconcile";
	CHECK_INT(add("b", 81, NULL), -ENOENT);
	CHECK_STR(calls, "store +81 nft reconcile -81 undo");
	CHECK_STR(err.msg, "no table");

	table_lost = true;
	fails = "ports";
	CHECK_INT(add("b", 81, NULL), -EIO);
	CHECK_STR(calls, "store +81 nft reconcile ports -81 early undo");
	fails = NULL;
	table_lost = false;
}

static struct service *new_service(const char *name, int port, const char *dev)
{
	json_t *args = json_pack("{s:s, s:s, s:i, s:s?}", "name", name, "vip",
				 "192.0.2.10", "port", port, "dev", dev);
	struct service *service;

	NEED(!service_from_args(args, false, &service, &err));
	json_decref(args);
	return service;
}

/*
 * Many services at once: "old" leaves its port to "new", whose name is another,
 * "mover" goes to another port, "add" is added.
 * @dry: only look whether it can be
 */
static int apply_many(bool dry)
{
	const struct vdports vdports = { .min = 1, .max = 9 };
	struct service *renamed = new_service("new", 99, "v2");
	struct service *moved = new_service("mover", 82, "v4");
	struct change list[4] = {
		{ NULL, new_service("add", 83, NULL) },
		{ model_find(dnatd.model, "mover"), moved },
		{ NULL, renamed },
		{ model_find(dnatd.model, "old"), NULL },
	};
	struct changes changes = { .n = 4, .list = list,
				   .vdports = &vdports };
	int ret;

	renamed->port = 80;
	calls[0] = '\0';
	memset(&err, 0, sizeof(err));
	ret = dry ? changes_check(&changes, &err) :
		    carry_out(&changes, plan_nothing);
	for (size_t i = 0; (dry || ret) && i < 4; i++)
		change_drop(&list[i]);
	return ret;
}

static void test_many(void)
{
	static const struct {
		const char *fails, *calls;
	} steps[] = {
		{ "store", "store" },
		{ "+v2", "store +v2 -v2 -v4 undo" },
		{ "+v4", "store +v2 +v4 -v2 -v4 undo" },
		{ "+82", "store +v2 +v4 +82 -82 -83 -v2 -v4 undo" },
		{ "vdports", "store +v2 +v4 +82 +83 vdports -82 -83 -v2 -v4 undo" },
		{ "nft", "store +v2 +v4 +82 +83 vdports nft reconcile vdports-back -82 -83 -v2 -v4 undo" },
	};

	CHECK_INT(del("a"), 0);
	CHECK_INT(add("old", 80, "v3"), 0);
	CHECK_INT(backend("backend.add", "old", "10.1.0.13"), 0);
	CHECK_INT(add("mover", 81, "v1"), 0);
	CHECK_INT(backend("backend.add", "mover", "10.1.0.13"), 0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		fails = steps[i].fails;
		apply_many(false);
		CHECK_STR(calls, steps[i].calls);
		CHECK_INT(dnatd.model->n_services, 2);
		CHECK_INT(dnatd.model->vdports.min, 0);
	}
	fails = "?v4";
	CHECK(apply_many(true) < 0);
	fails = NULL;
	CHECK_INT(apply_many(true), 0);
	CHECK_STR(calls, "?v2 ?v4");
	CHECK_INT(dnatd.model->n_services, 2);
	CHECK_INT(apply_many(false), 0);
	CHECK_STR(calls, "store +v2 +v4 +82 +83 vdports nft unanswered:80>10.1.0.13:80 unanswered:81>all:0 early -v3 -v1 -81");
	CHECK_INT(dnatd.model->n_services, 3);
	CHECK_INT(dnatd.model->vdports.max, 9);
	CHECK_STR(dnatd.model->services[2]->name, "new");
}

int main(void)
{
	TAILQ_INIT(&dnatd.transactions);
	dnatd.model = model_new();
	NEED(dnatd.model);
	test_good();
	test_flows();
	test_no_interface();
	test_slow_disk();
	test_failures();
	test_table_lost();
	test_many();
	model_free(dnatd.model);
	return unit_result();
}
