// SPDX-License-Identifier: GPL-2.0-only
/* VIPs on interfaces: those of services are put there and taken away, others stay. */
#include <errno.h>
#include <linux/rtnetlink.h>

#include "net/address.h"
#include "net/link.h"
#include "net/netlink.h"
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

/* As dnatd did once. */
static void add_preferred(const struct addr *addr)
{
	struct ifaddrmsg ifa = {
		.ifa_family = AF_INET6,
		.ifa_prefixlen = 128,
		.ifa_index = if_nametoindex("lo"),
	};
	NL_REQUEST_BUF(buf);
	struct nlmsghdr *nlh;
	struct nl nl;

	NEED(!nl_open(&nl, NETLINK_ROUTE, &err));
	nlh = nl_request(&nl, buf, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
	*(struct ifaddrmsg *)mnl_nlmsg_put_extra_header(nlh, sizeof(ifa)) = ifa;
	mnl_attr_put(nlh, IFA_LOCAL, 16, addr->bytes);
	mnl_attr_put_u8(nlh, 11 /* IFA_PROTO */, ADDRESS_OURS);
	CHECK_INT(nl_talk(&nl, nlh, NULL, NULL), 0);
	nl_close(&nl);
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
	check_address(" 2001:db8::10/128 scope global nodad deprecated ", true);
	check_address(" 10.1.0.11/32 ", false);
	check_address(" 10.9.9.9/24 ", true);

	/* One that is not as it should be is put right, where it is ours. */
	add_preferred(&model->services[0]->vip);
	check_address(" deprecated ", false);
	CHECK_INT(link_reconcile(model, &again, &err), 0);
	CHECK(again);
	check_address(" 2001:db8::10/128 scope global nodad deprecated ", true);
	again = false;

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
