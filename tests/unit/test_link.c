// SPDX-License-Identifier: GPL-2.0-only
/* VIPs on interfaces: those of services are put there and taken away, others stay. */
#include <errno.h>

#include "link.h"
#include "nft_table.h"
#include "unit.h"

static struct err err;

static void check_address(const char *address, bool wanted)
{
	char *listed = run("ip -o address show dev lo", "");

	if (!strstr(listed, address) == wanted) {
		unit_failures++;
		fprintf(stderr, "%s: %s in\n%s", wanted ? "missing" : "left",
			address, listed);
	}
	free(listed);
}

static void test_link(void)
{
	struct model *none = model_new(), *model = model_of(WEB "," DNS);
	const struct vip gone = { model->services[0]->vip, "lo" };
	bool changed = false, again = false;
	struct addr addr;

	strcpy(model->services[0]->dev, "lo");
	strcpy(model->services[1]->dev, "lo");
	free(run("ip link set lo up", ""));
	free(run("ip address add 10.9.9.9/24 dev lo", ""));
	CHECK_INT(link_reconcile(model, &changed, &err), 0);
	CHECK_INT(link_reconcile(model, &again, &err), 0);
	CHECK(changed && !again);
	check_address(" 192.0.2.10/32 ", true);
	check_address(" 2001:db8::10/128 ", true);
	check_address(" 10.1.0.11/32 ", false);
	check_address(" 10.9.9.9/24 ", true);

	/* What the admin put there is not ours to take, nor to put twice. */
	NEED(!addr_parse("10.9.9.9", "addr", &addr, &err));
	CHECK_INT(link_vips_add(&(struct vip){ addr, "lo" }, 1, &err), 0);
	check_address(" 10.9.9.9/32 ", false);
	CHECK_INT(link_vips_del(&(struct vip){ addr, "lo" }, 1, &err), 0);
	check_address(" 10.9.9.9/24 ", true);

	CHECK_INT(link_vips_del(&gone, 1, &err), 0);
	CHECK_INT(link_vips_del(&gone, 1, &err), 0);
	check_address(" 2001:db8::10/128 ", false);
	CHECK_INT(link_reconcile(none, &again, &err), 0);
	check_address(" 192.0.2.10/32 ", false);
	check_address(" 127.0.0.1/8 ", true);

	CHECK(link_exists("lo"));
	CHECK(!link_exists("nosuch0"));
	CHECK_INT(link_vips_add(&(struct vip){ addr, "nosuch0" }, 1, &err), -ENODEV);
	CHECK_STR(err.arg, "dev");
	strcpy(model->services[0]->dev, "nosuch0");
	CHECK_INT(link_reconcile(model, &changed, &err), -ENODEV);
	check_address(" 192.0.2.10/32 ", true);
	model_free(model);
	model_free(none);
}

int main(void)
{
	if (!table_begin())
		return SKIP;
	test_link();
	nft_close(nft);
	return unit_result();
}
