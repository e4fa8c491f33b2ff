// SPDX-License-Identifier: GPL-2.0-only
/* The connections that backends which drain have left. */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <netinet/in.h>

#include "conn/conn_count.h"
#include "model/model.h"
#include "module/kmod_pool.h"
#include "module/kmod_msg.h"
#include "unit.h"

static struct err err;

static void add(struct model *model, const char *op, json_t *args)
{
	struct change change;

	NEED(args);
	NEED(!model_plan(model, op, args, &change, &err));
	model_commit(model, &change);
	json_decref(args);
}

/* Two services of one VIP with the same backends, of which two drain. */
static struct model *model_make(void)
{
	static const char *const addrs[] = {
		"10.1.0.11", "10.1.0.12", "10.1.0.13"
	};
	struct model *model = model_new();

	NEED(model);
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "tls" : "web";

		add(model, "service.add",
		    json_pack("{s:s, s:s, s:i}", "name", name, "vip",
			      "192.0.2.10", "port", i ? 443 : 80));
		for (int j = 0; j < 3; j++)
			add(model, "backend.add",
			    json_pack("{s:s, s:s, s:i, s:i}", "service", name,
				      "addr", addrs[j], "port", 8080, "weight",
				      j ? 0 : 1));
	}
	return model;
}

static uint64_t left(const struct conn_counts *counts,
		     const struct model *model, const char *name, size_t i)
{
	const struct service *service = model_find(model, name);
	const struct conn_count *found =
		conn_counts_find(counts, service, &service->backends[i]);

	NEED(found);
	return found->n;
}

static void test_conns(const struct model *model)
{
	const struct service *web = model_find(model, "web");
	struct conn conn = { .proto = IPPROTO_TCP, .status = IPS_ASSURED,
			     .tcp_state = TCP_CONNTRACK_ESTABLISHED };
	struct conn_counts counts;

	NEED(!conn_counts_init(&counts, model));
	CHECK_INT(counts.n, 4);
	CHECK(!conn_counts_find(&counts, web, &web->backends[0]));
	CHECK(conn_counts_find(&counts, web, &web->backends[1]));

	conn.vip = (struct conn_end){ web->vip, web->port };
	for (size_t i = 0; i < 3; i++) {
		conn.backend = (struct conn_end){ web->backends[i].addr,
						  web->backends[i].port };
		for (size_t n = 0; n < i; n++)
			conn_counts_add(&counts, &conn);
	}
	conn.tcp_state = TCP_CONNTRACK_TIME_WAIT;
	conn_counts_add(&counts, &conn);
	conn.tcp_state = TCP_CONNTRACK_ESTABLISHED;
	conn.proto = IPPROTO_UDP;
	conn_counts_add(&counts, &conn);
	CHECK_INT(left(&counts, model, "web", 1), 1);
	CHECK_INT(left(&counts, model, "web", 2), 2);
	CHECK_INT(left(&counts, model, "tls", 1), 0);
	CHECK_INT(left(&counts, model, "tls", 2), 0);
	conn_counts_clean(&counts);
}

/* A pool knows no service's port: both services have what it has. */
static void test_pool_alarm(const struct model *model)
{
	const struct service *web = model_find(model, "web");
	char buf[512] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct conn_counts counts;

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	attrs_put_addr(nlh, DNAT_A_VIP, &web->vip);
	attrs_put_addr(nlh, DNAT_A_BACKEND, &web->backends[1].addr);
	mnl_attr_put_u16(nlh, DNAT_A_BACKEND_PORT, htons(8080));
	mnl_attr_put_u8(nlh, DNAT_A_L4PROTO, IPPROTO_TCP);
	mnl_attr_put_u32(nlh, DNAT_A_IN_USE, 7);
	mnl_attr_put_u32(nlh, DNAT_A_CLOSED, 3);
	NEED(!conn_counts_init(&counts, model));
	NEED(!conn_counts_parse_pool(nlh, &counts));
	CHECK_INT(left(&counts, model, "web", 1), 4);
	CHECK_INT(left(&counts, model, "tls", 1), 4);
	CHECK_INT(left(&counts, model, "web", 2), 0);
	conn_counts_clean(&counts);
}

int main(void)
{
	struct model *model = model_make();
	struct model *none = model_new();
	struct conn_counts counts;

	NEED(none && !conn_counts_init(&counts, none));
	CHECK_INT(counts.n, 0);
	conn_counts_clean(&counts);
	test_conns(model);
	test_pool_alarm(model);
	model_free(model);
	model_free(none);
	return unit_result();
}
