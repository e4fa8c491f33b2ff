// SPDX-License-Identifier: GPL-2.0-only
/* Changes against a kernel and a disk that fail when told to. */
#include <errno.h>

#include "change.h"
#include "link.h"
#include "reserve.h"
#include "store.h"
#include "unit.h"

/* What was called, in order, and which call fails. */
static char calls[512];
static const char *fails;
static bool table_lost;
static struct err err;

static int call(const char *name, struct err *error)
{
	snprintf(calls + strlen(calls), sizeof(calls) - strlen(calls), "%s%s",
		 calls[0] ? " " : "", name);
	if (fails && !strcmp(fails, name))
		return err_set(error, -EIO, NULL, "%s failed", name);
	return 0;
}

int store_prepare(const char *path, const struct model *model,
		  const struct change *change, struct err *error)
{
	(void)path;
	(void)model;
	(void)change;
	return call("prepare", error);
}

int store_commit(const char *path, struct err *error)
{
	(void)path;
	return call("commit", error);
}

void store_abort(const char *path)
{
	(void)path;
	call("abort", NULL);
}

int nft_change(struct nft *nft, enum allocator allocator,
	       const struct model *model, const struct change *change,
	       struct err *error)
{
	int ret = call("nft", error);

	(void)nft;
	(void)allocator;
	(void)model;
	(void)change;
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

int link_vip_add(const struct addr *vip, const char *dev, struct err *error)
{
	char name[32];

	(void)vip;
	snprintf(name, sizeof(name), "+%s", dev);
	return call(name, error);
}

int link_vip_del(const struct addr *vip, const char *dev, struct err *error)
{
	char name[32];

	(void)vip;
	snprintf(name, sizeof(name), "-%s", dev);
	return call(name, error);
}

int reserve_start(struct dnatd *d, struct err *error)
{
	(void)d;
	return call("ports", error);
}

int reserve_add(struct dnatd *d, const struct service *service,
		struct err *error)
{
	char name[32];

	(void)d;
	snprintf(name, sizeof(name), "+%u", service->port);
	return call(name, error);
}

void reserve_del(struct dnatd *d, const struct service *service)
{
	char name[32];

	(void)d;
	snprintf(name, sizeof(name), "-%u", service->port);
	call(name, NULL);
}

static struct dnatd dnatd;

static int apply(const char *op, json_t *args)
{
	int ret;

	NEED(args);
	calls[0] = '\0';
	memset(&err, 0, sizeof(err));
	ret = change_apply(&dnatd, op, args, &err);
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
	CHECK_STR(calls, "prepare +80 nft commit");
	CHECK_INT(add("b", 81, "v1"), 0);
	CHECK_STR(calls, "prepare +v1 +81 nft commit");
	CHECK_INT(add("c", 82, "v1"), 0);
	CHECK_STR(calls, "prepare +v1 +82 nft commit");
	CHECK_INT(set_dev("b", "v2"), 0);
	CHECK_STR(calls, "prepare +v2 nft commit");
	CHECK_INT(set_dev("c", "v3"), 0);
	CHECK_STR(calls, "prepare +v3 nft commit -v1");
	CHECK_INT(set_dev("c", NULL), 0);
	CHECK_STR(calls, "prepare nft commit -v3");
	CHECK_INT(set_dev("b", "v2"), 0);
	CHECK_STR(calls, "prepare +v2 nft commit");
	CHECK_INT(del("b"), 0);
	CHECK_STR(calls, "prepare nft commit -v2 -81");
	CHECK_INT(del("c"), 0);
	CHECK_STR(calls, "prepare nft commit -82");
	CHECK_INT(dnatd.model->n_services, 1);

	CHECK_INT(add("a", 83, NULL), -EEXIST);
	CHECK_STR(calls, "");
}

static void test_failures(void)
{
	fails = "prepare";
	CHECK_INT(add("b", 81, "v1"), -EIO);
	CHECK_STR(calls, "prepare");

	fails = "+v1";
	CHECK_INT(add("b", 81, "v1"), -EIO);
	CHECK_STR(calls, "prepare +v1 abort");

	fails = "+81";
	CHECK_INT(add("b", 81, "v1"), -EIO);
	CHECK_STR(calls, "prepare +v1 +81 -v1 abort");

	fails = "nft";
	CHECK_INT(add("b", 81, "v1"), -EIO);
	CHECK_STR(calls, "prepare +v1 +81 nft reconcile -81 -v1 abort");
	CHECK_STR(err.msg, "nft failed");

	fails = "commit";
	CHECK_INT(add("b", 81, "v1"), -EIO);
	CHECK_STR(calls, "prepare +v1 +81 nft commit reconcile -81 -v1 abort");
	CHECK_STR(err.msg, "commit failed");
	CHECK_INT(del("a"), -EIO);
	CHECK_STR(calls, "prepare nft commit reconcile abort");
	CHECK_INT(dnatd.model->n_services, 1);

	/* A VIP that another service has there stays. */
	fails = NULL;
	CHECK_INT(add("b", 81, "v1"), 0);
	fails = "nft";
	CHECK_INT(add("c", 82, "v1"), -EIO);
	CHECK_STR(calls, "prepare +v1 +82 nft reconcile -82 abort");

	/* An old VIP that cannot be taken away does not undo the change. */
	fails = "-v1";
	CHECK_INT(del("b"), 0);
	CHECK_STR(calls, "prepare nft commit -v1 -81");
	fails = NULL;
}

/* A table that somebody deleted is put back before the change is tried again. */
static void test_table_lost(void)
{
	table_lost = true;
	CHECK_INT(add("b", 81, NULL), 0);
	CHECK_STR(calls, "prepare +81 nft reconcile ports nft commit");
	CHECK_INT(del("b"), 0);

	table_lost = true;
	fails = "reconcile";
	CHECK_INT(add("b", 81, NULL), -ENOENT);
	CHECK_STR(calls, "prepare +81 nft reconcile -81 abort");
	CHECK_STR(err.msg, "no table");

	table_lost = true;
	fails = "ports";
	CHECK_INT(add("b", 81, NULL), -EIO);
	CHECK_STR(calls, "prepare +81 nft reconcile ports -81 abort");
	fails = NULL;
	table_lost = false;
}

int main(void)
{
	dnatd.model = model_new();
	NEED(dnatd.model);
	test_good();
	test_failures();
	test_table_lost();
	model_free(dnatd.model);
	return unit_result();
}
