// SPDX-License-Identifier: GPL-2.0-only
/* Rows of connections are written by hand: they must be the JSON of control.h. */
#include <errno.h>
#include <jansson.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include "conn/conn.h"
#include "unit.h"

/* The longest that there may be. */
#define ADDR6 "2001:db8:1111:2222:3333:4444:5555:6666"
#define NAME "n23456789012345678901234567890123456789012345678901234567890123"

static void end_set(struct conn_end *end, const char *addr, uint16_t port)
{
	NEED(!addr_parse(addr, "addr", &end->addr, NULL));
	end->port = port;
}

static json_t *rows_json(struct text *rows)
{
	json_t *json;

	NEED(!text_add(rows, "]", 1));
	json = json_loadb(rows->buf, rows->len, JSON_REJECT_DUPLICATES, NULL);
	free(rows->buf);
	NEED(json);
	return json;
}

static void test_rows(void)
{
	struct conn short_one = { .proto = IPPROTO_UDP };
	struct conn long_one = {
		.proto = IPPROTO_TCP, .vdport = 65535, .tcp_state = 3,
		.status = IPS_ASSURED | IPS_SEEN_REPLY, .aged = true,
		.age = UINT32_MAX, .expires = UINT32_MAX,
	};
	struct text rows = { 0 };
	json_t *got, *wanted;

	end_set(&short_one.client, "1.1.1.1", 1);
	end_set(&short_one.vip, "2.2.2.2", 2);
	end_set(&short_one.backend, "3.3.3.3", 3);
	end_set(&long_one.client, ADDR6, 65535);
	end_set(&long_one.vip, ADDR6, 65535);
	end_set(&long_one.backend, ADDR6, 65535);
	NEED(!text_add(&rows, "[", 1));
	CHECK_INT(conn_put(&rows, &short_one, NULL), 0);
	for (int i = 0; i < 100; i++)
		CHECK_INT(conn_put(&rows, &long_one, NAME), 0);

	got = rows_json(&rows);
	CHECK_INT(json_array_size(got), 101);
	wanted = json_pack("{s:n, s:s, s:s, s:i, s:s, s:i, s:i, s:s, s:i, s:s, s:n, s:i}",
			   "service", "proto", "udp", "client", "1.1.1.1",
			   "client_port", 1, "vip", "2.2.2.2", "port", 2,
			   "vdport", 0, "backend", "3.3.3.3", "backend_port", 3,
			   "state", "UNREPLIED", "age", "expires", 0);
	CHECK(json_equal(json_array_get(got, 0), wanted));
	json_decref(wanted);
	wanted = json_pack("{s:s, s:s, s:s, s:i, s:s, s:i, s:i, s:s, s:i, s:s, s:I, s:I}",
			   "service", NAME, "proto", "tcp", "client", ADDR6,
			   "client_port", 65535, "vip", ADDR6, "port", 65535,
			   "vdport", 65535, "backend", ADDR6,
			   "backend_port", 65535, "state", "ESTABLISHED",
			   "age", (json_int_t)UINT32_MAX,
			   "expires", (json_int_t)UINT32_MAX);
	for (size_t i = 1; i < json_array_size(got); i++)
		CHECK(json_equal(json_array_get(got, i), wanted));
	json_decref(wanted);
	json_decref(got);
}

/* What is printed as a state finds what it is printed of, and nothing else. */
static void test_states(void)
{
	static const struct {
		struct conn conn;
		const char *state;
		enum conn_class class;
	} all[] = {
		{ { .proto = IPPROTO_TCP, .tcp_state = 1 }, "SYN_SENT",
		  CONN_ANY },
		{ { .proto = IPPROTO_TCP, .tcp_state = 3 }, "established",
		  CONN_ANY },
		{ { .proto = IPPROTO_TCP, .tcp_state = 3,
		    .status = IPS_ASSURED | IPS_OFFLOAD }, "Offload",
		  CONN_ANY },
		{ { .proto = IPPROTO_TCP, .tcp_state = 7 }, "TIME_WAIT",
		  CONN_CLOSED },
		{ { .proto = IPPROTO_TCP, .tcp_state = 8,
		    .status = IPS_ASSURED }, "CLOSE", CONN_CLOSED },
		{ { .proto = IPPROTO_TCP, .tcp_state = 9 }, "SYN_SENT2",
		  CONN_ANY },
		{ { .proto = IPPROTO_UDP }, "unreplied", CONN_ANY },
		{ { .proto = IPPROTO_UDP, .status = IPS_SEEN_REPLY }, "REPLIED",
		  CONN_HALF_OPEN },
		{ { .proto = IPPROTO_UDP,
		    .status = IPS_SEEN_REPLY | IPS_ASSURED }, "ASSURED",
		  CONN_OPEN },
	};
	struct conn_filter filter;
	struct err err;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		filter = (struct conn_filter){ .class = CONN_ANY };
		CHECK_INT(conn_state_parse(all[i].state, &filter, &err), 0);
		CHECK_INT(filter.class, all[i].class);
		for (size_t j = 0; j < sizeof(all) / sizeof(all[0]); j++)
			CHECK_INT(conn_matches(&all[j].conn, &filter), i == j);
	}
	filter = (struct conn_filter){ .class = CONN_ANY };
	CHECK_INT(conn_state_parse("half-open", &filter, &err), 0);
	CHECK_INT(filter.class, CONN_HALF_OPEN);
	CHECK(!filter.state);
	CHECK_INT(conn_state_parse("CLOSING", &filter, &err), -EINVAL);
	CHECK_STR(err.msg, "state \"CLOSING\" is not known; use open, half-open, closed, or one that connection show prints");
}

int main(void)
{
	test_rows();
	test_states();
	return unit_result();
}
