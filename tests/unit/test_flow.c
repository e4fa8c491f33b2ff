// SPDX-License-Identifier: GPL-2.0-only
/* The flowtable follows the interfaces, and the table about it stays. */
#include <errno.h>

#include "nft_table.h"
#include "unit.h"

static struct err err;

static void ip(const char *args)
{
	char line[128];

	snprintf(line, sizeof(line), "ip link %s", args);
	free(run(line, ""));
}

/* The table's handle, which another table would not have. */
static unsigned long handle(void)
{
	char *listed = run("nft -a list table inet dnatd", "");
	const char *at = strstr(listed, "# handle ");
	unsigned long number = at ? strtoul(at + 9, NULL, 10) : 0;

	free(listed);
	return number;
}

/* Return: transactions that it took */
static uint32_t follow(void)
{
	uint32_t before = generation();

	CHECK_INT(nft_follow_devices(nft, ALLOC_NF_NAT, &err), 0);
	return generation() - before;
}

static void test_follow(const struct model *model)
{
	unsigned long first = handle();

	NEED(first);
	check_lists("devices = { fl0, fl1 }", true);
	CHECK_INT(follow(), 0);

	ip("add fl2 type veth peer name fl3");
	ip("set fl2 up");
	CHECK_INT(follow(), 1);
	check_lists("devices = { fl0, fl1, fl2 }", true);
	CHECK_INT(follow(), 0);
	ip("set fl2 down");
	ip("set fl2 name flx");
	CHECK(follow() <= 1);
	check_lists("devices = { fl0, fl1 }", true);
	ip("set flx up");
	CHECK_INT(follow(), 1);
	check_lists("devices = { fl0, fl1, flx }", true);

	/* Gone between the look at it and the batch, or before. */
	ip("del flx");
	CHECK(follow() <= 1);
	check_lists("devices = { fl0, fl1 }", true);
	CHECK_INT(handle(), first);

	/* A part of the table like others, where it was edited. */
	ip("add fl2 type veth peer name fl3");
	ip("set fl2 up");
	reconcile(model, true);
	check_lists("devices = { fl0, fl1, fl2 }", true);
	CHECK_INT(handle(), first);
	ip("del fl2");

	/* The table was lost: that is for nft_reconcile() to put right. */
	edit("delete table inet dnatd\n");
	ip("add fl2 type veth peer name fl3");
	ip("set fl2 up");
	CHECK_INT(nft_follow_devices(nft, ALLOC_NF_NAT, &err), -ESTALE);
	reconcile(model, true);
	check_lists("devices = { fl0, fl1, fl2 }", true);
	CHECK_INT(nft_follow_devices(nft, ALLOC_MODULE, &err), 0);
	ip("del fl2");
}

/*
 * With no interface at all there is no flowtable, until there is one.
 *
 * Return: whether this kernel has flowtables
 */
static bool test_first(const struct model *model)
{
	int rc;

	reconcile(model, true);
	check_lists("flowtable", false);
	CHECK_INT(nft_follow_devices(nft, ALLOC_NF_NAT, &err), 0);
	ip("add fl0 type veth peer name fl1");
	ip("set fl0 up");
	ip("set fl1 up");
	rc = nft_follow_devices(nft, ALLOC_NF_NAT, &err);
	if (nft_no_flowtable(nft))
		return false;
	CHECK_INT(rc, -ESTALE);
	reconcile(model, true);
	return true;
}

int main(void)
{
	struct model *model;
	bool there;

	if (!table_begin())
		return SKIP;
	model = model_of(WEB);
	there = test_first(model);
	if (there)
		test_follow(model);
	else
		printf("skipped: %s\n", nft_no_flowtable(nft));
	model_free(model);
	nft_close(nft);
	return there ? unit_result() : SKIP;
}
