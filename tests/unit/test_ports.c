// SPDX-License-Identifier: GPL-2.0-only
/* Which VIPs and protocols the module is asked for the ports of. */
#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <netinet/in.h>

#include "module/kmod_list.h"
#include "module/kmod_msg.h"
#include "unit.h"

#define POOLS 100000

static const char *const vips[] = { "192.0.2.11", "192.0.2.10", "2001:db8::1" };
static struct err err;

/* The pool of the @n-th backend. */
static void take(struct pool_vips *to, unsigned int n)
{
	char buf[512] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct addr vip, backend;

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	NEED(!addr_parse(vips[n % 3], "vip", &vip, &err));
	backend = vip;
	memcpy(backend.bytes, &n, sizeof(n));
	attrs_put_addr(nlh, DNAT_A_VIP, &vip);
	attrs_put_addr(nlh, DNAT_A_BACKEND, &backend);
	mnl_attr_put_u16(nlh, DNAT_A_BACKEND_PORT, htons(8080));
	mnl_attr_put_u8(nlh, DNAT_A_L4PROTO,
			n % 2 ? IPPROTO_UDP : IPPROTO_TCP);
	NEED(!kmod_parse_pool_vip(nlh, to));
}

static void check(const struct pool_vips *found, size_t i, const char *vip,
		  uint8_t proto)
{
	char text[INET6_ADDRSTRLEN];

	NEED(i < found->n);
	CHECK_STR(addr_text(&found->list[i].vip, text, sizeof(text)), vip);
	CHECK_INT(found->list[i].proto, proto);
}

int main(void)
{
	struct pool_vips all = { 0 }, one = { 0 };

	/* With a comparison of each with each this takes minutes. */
	for (unsigned int n = 0; n < POOLS; n++)
		take(&all, n);
	CHECK_INT(all.n, 6);
	check(&all, 0, "192.0.2.10", IPPROTO_TCP);
	check(&all, 1, "192.0.2.10", IPPROTO_UDP);
	check(&all, 2, "192.0.2.11", IPPROTO_TCP);
	check(&all, 5, "2001:db8::1", IPPROTO_UDP);

	NEED(!addr_parse(vips[0], "vip", &one.only.vip, &err));
	one.only.proto = IPPROTO_UDP;
	for (unsigned int n = 0; n < 60; n++)
		take(&one, n);
	CHECK_INT(one.n, 1);
	check(&one, 0, vips[0], IPPROTO_UDP);
	free(all.list);
	free(one.list);
	return unit_result();
}
