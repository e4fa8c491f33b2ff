// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel answers.  The first byte chooses who reads the rest: the
 * module's answers and errors are a datagram, of a connection and of a map
 * element come the values alone.  Whole messages of conntrack and nf_tables are
 * not tried: their libraries end the process at the first malformed attribute.
 *
 * As a libFuzzer target by clang -fsanitize=fuzzer; with -DFUZZ_STANDALONE it
 * runs true answers, each cut off and changed at every byte, and the files it
 * is given; with "--save DIR" it leaves the answers there.
 */
#include <netinet/in.h>
#include <linux/netfilter/nf_tables.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter/nfnetlink.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>

#include "conn/ct.h"
#include "conn/conn_count.h"
#include "model/model.h"
#include "model/slots.h"
#include "module/kmod_pool.h"
#include "module/kmod.h"
#include "module/kmod_end.h"
#include "module/kmod_list.h"
#include "module/kmod_service.h"
#include "module/kmod_stats.h"
#include "net/netlink.h"
#include "nft/table_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum reader {
	READ_ELEMENT,
	READ_POOLS,
	READ_CONNECTION,
	READ_CONNS,
	READ_PORTS,
	READ_STATS,
	READ_COUNTERS,
	READ_ENDED,
	READ_SERVICES,
	READERS,
};

static struct nftnl_set *map_with(const void *data, uint32_t len)
{
	struct nftnl_set *set = nftnl_set_alloc();
	struct nftnl_set_elem *elem = nftnl_set_elem_alloc();
	uint32_t key_len = len < 12 ? len : 12;

	if (!set || !elem ||
	    nftnl_set_set_str(set, NFTNL_SET_TABLE, RULESET_TABLE) ||
	    nftnl_set_set_str(set, NFTNL_SET_NAME, MAP_SERVICES4) ||
	    nftnl_set_elem_set(elem, NFTNL_SET_ELEM_KEY, data, key_len) ||
	    nftnl_set_elem_set(elem, NFTNL_SET_ELEM_USERDATA,
			       (const char *)data + key_len, len - key_len))
		abort();
	nftnl_set_set_u32(set, NFTNL_SET_FAMILY, NFPROTO_INET);
	nftnl_set_elem_add(set, elem);
	return set;
}

static void read_element(const void *data, size_t len)
{
	struct table_read read;
	struct table table;

	if (!len || len > NFT_USERDATA_MAXLEN)
		return;
	table_init(&table);
	if (table_read_init(&read, &table))
		abort();
	nftnl_set_list_add_tail(map_with(data, (uint32_t)len), read.sets);
	if (table_read_finish(&read))
		abort();
	for (size_t i = 0; i < table.n; i++)
		if (!table.items[i].key || !table.items[i].text)
			abort();
	table_read_clean(&read);
	table_clean(&table);
}

static void read_pools(struct nl *nl, const void *buf, size_t len)
{
	struct conn_count left = { .filter.class = CONN_ANY };
	struct conn_counts counts = { 1, &left };
	struct pool_vips vips = { 0 };
	json_t *pools = json_array();
	int done;

	nl_walk(nl, buf, len, conn_counts_parse_pool, &counts, &done);
	nl_walk(nl, buf, len, kmod_parse_pool, pools, &done);
	nl_walk(nl, buf, len, kmod_parse_pool_vip, &vips, &done);
	free(vips.list);
	json_decref(pools);
}

/* Whatever came, the rows are JSON. */
static void check_rows(struct text *rows)
{
	json_t *array;

	if (text_add(rows, "]", 1))
		abort();
	array = json_loadb(rows->buf, rows->len, 0, NULL);
	if (!array)
		abort();
	json_decref(array);
	free(rows->buf);
}

static void read_stats(struct nl *nl, const void *buf, size_t len)
{
	json_t *stats = json_object();
	int done;

	nl_walk(nl, buf, len, kmod_parse_stats, stats, &done);
	json_decref(stats);
}

static void read_counters(struct nl *nl, const void *buf, size_t len)
{
	static const struct service any = { .name = "any" };
	struct counters counters = { 0 };
	json_t *list = json_array();
	int done;

	nl_walk(nl, buf, len, kmod_parse_counter, &counters, &done);
	counters_services(list, &counters, &any);
	json_decref(list);
	counters_clean(&counters);
}

static void read_ended(struct nl *nl, const void *buf, size_t len)
{
	uint64_t ended = 0;
	int done;

	nl_walk(nl, buf, len, kmod_parse_ended, &ended, &done);
}

static void read_services(struct nl *nl, const void *buf, size_t len)
{
	struct service_ports ports = { 0 };
	struct model *model = model_new();
	int done;

	if (!model || conn_names_init(&ports.names, model))
		abort();
	nl_walk(nl, buf, len, kmod_parse_service, &ports, &done);
	conn_names_clean(&ports.names);
	free(ports.strange);
	model_free(model);
}

static void read_conns(struct nl *nl, const void *buf, size_t len)
{
	struct text rows = { 0 };
	struct conn_reader reader = { .rows = &rows };
	struct model *model = model_new();
	int done;

	if (!model || text_add(&rows, "[", 1) ||
	    conn_names_init(&reader.names, model))
		abort();
	nl_walk(nl, buf, len, kmod_parse_conn, &reader, &done);
	conn_names_clean(&reader.names);
	model_free(model);
	check_rows(&rows);
}

static void read_ports(struct nl *nl, const void *buf, size_t len)
{
	struct text rows = { 0 };
	struct port_reader reader = { "192.0.2.10", "tcp", &rows };
	int done;

	if (text_add(&rows, "[", 1))
		abort();
	nl_walk(nl, buf, len, kmod_parse_ports, &reader, &done);
	check_rows(&rows);
}

/* Fields of a connection, in the order in which @data gives their bytes. */
static const struct {
	enum nf_conntrack_attr attr;
	size_t len;
} fields[] = {
	{ ATTR_ORIG_L3PROTO, 1 }, { ATTR_ORIG_L4PROTO, 1 },
	{ ATTR_REPL_L3PROTO, 1 }, { ATTR_REPL_L4PROTO, 1 },
	{ ATTR_ORIG_IPV4_SRC, 4 }, { ATTR_ORIG_IPV4_DST, 4 },
	{ ATTR_REPL_IPV4_SRC, 4 }, { ATTR_REPL_IPV4_DST, 4 },
	{ ATTR_ORIG_PORT_SRC, 2 }, { ATTR_ORIG_PORT_DST, 2 },
	{ ATTR_REPL_PORT_SRC, 2 }, { ATTR_REPL_PORT_DST, 2 },
	{ ATTR_STATUS, 4 }, { ATTR_TCP_STATE, 1 }, { ATTR_TIMEOUT, 4 },
};

static void read_connection(const uint8_t *data, size_t len)
{
	static char buf[2048] __attribute__((aligned(8)));
	struct service service = {
		.name = "web", .port = 80, .proto = IPPROTO_TCP,
		.vip = { .family = AF_INET, .bytes = { 192, 0, 2, 10 } },
	};
	struct service *services[] = { &service };
	struct model model = { .n_services = 1, .services = services };
	struct nf_conntrack *ct = nfct_new();
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct conn_filter filter = { .class = CONN_ANY };
	struct text rows = { 0 };
	struct ct_query query;

	if (!ct || ct_query_init(&query, &model, &filter) ||
	    text_add(&rows, "[", 1))
		abort();
	query.rows = &rows;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint8_t value[4] = { 0 };

		if (len < fields[i].len)
			break;
		memcpy(value, data, fields[i].len);
		data += fields[i].len;
		len -= fields[i].len;
		nfct_set_attr(ct, fields[i].attr, value);
	}
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct nfgenmsg));
	nfct_nlmsg_build(nlh, ct);
	if (ct_parse(nlh, &query))
		abort();
	check_rows(&rows);
	nfct_destroy(ct);
	ct_query_clean(&query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nl nl = { .sock = NULL };
	uint8_t *copy;

	if (!size)
		return 0;
	/* Of exactly that size, so that a byte too far is seen. */
	copy = malloc(size - 1 ? size - 1 : 1);
	if (!copy)
		abort();
	memcpy(copy, data + 1, size - 1);
	switch (data[0] % READERS) {
	case READ_ELEMENT:
		read_element(copy, size - 1);
		break;
	case READ_POOLS:
		read_pools(&nl, copy, size - 1);
		break;
	case READ_CONNECTION:
		read_connection(copy, size - 1);
		break;
	case READ_CONNS:
		read_conns(&nl, copy, size - 1);
		break;
	case READ_PORTS:
		read_ports(&nl, copy, size - 1);
		break;
	case READ_STATS:
		read_stats(&nl, copy, size - 1);
		break;
	case READ_COUNTERS:
		read_counters(&nl, copy, size - 1);
		break;
	case READ_ENDED:
		read_ended(&nl, copy, size - 1);
		break;
	case READ_SERVICES:
		read_services(&nl, copy, size - 1);
		break;
	}
	free(copy);
	return 0;
}

#ifdef FUZZ_STANDALONE
#include <linux/genetlink.h>

static uint8_t corpus[4096];
static size_t corpus_len;

static void *corpus_end(void)
{
	return corpus + corpus_len;
}

static void corpus_start(enum reader reader)
{
	memset(corpus, 0, sizeof(corpus));
	corpus[0] = reader;
	corpus_len = 1;
}

/* Messages are built aligned and moved behind the byte for the reader. */
static void corpus_put(const struct nlmsghdr *nlh)
{
	memcpy(corpus_end(), nlh, nlh->nlmsg_len);
	corpus_len += NLMSG_ALIGN(nlh->nlmsg_len);
}

static void make_element(void)
{
	static const char element[] = "\6\0\0\0" "\300\0\2\12" "\0P\0\0"
				      "\0\4web";

	corpus_start(READ_ELEMENT);
	memcpy(corpus_end(), element, sizeof(element));
	corpus_len += sizeof(element);
}

static void make_pool(void)
{
	static char buf[1024] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = GENL_MIN_ID;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u32(nlh, DNAT_A_VIP, htonl(0xc000020a));
	mnl_attr_put_u32(nlh, DNAT_A_BACKEND, htonl(0x0a01000b));
	mnl_attr_put_u16(nlh, DNAT_A_BACKEND_PORT, htons(8080));
	mnl_attr_put_u8(nlh, DNAT_A_L4PROTO, IPPROTO_TCP);
	mnl_attr_put_u32(nlh, DNAT_A_IN_USE, 1);
	mnl_attr_put_u32(nlh, DNAT_A_CAPACITY, 64512);
	mnl_attr_put_u64(nlh, DNAT_A_FAILED, 0);
	corpus_start(READ_POOLS);
	corpus_put(nlh);
}

static void make_conn(void)
{
	static char buf[1024] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = GENL_MIN_ID;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u32(nlh, DNAT_A_VIP, htonl(0xc000020a));
	mnl_attr_put_u32(nlh, DNAT_A_BACKEND, htonl(0x0a01000b));
	mnl_attr_put_u32(nlh, DNAT_A_CLIENT, htonl(0x0a020005));
	mnl_attr_put_u8(nlh, DNAT_A_L4PROTO, IPPROTO_TCP);
	mnl_attr_put_u16(nlh, DNAT_A_VDPORT, 1024);
	mnl_attr_put_u8(nlh, DNAT_A_TCP_STATE, 3);
	mnl_attr_put_u32(nlh, DNAT_A_STATUS, 0x3ae);
	mnl_attr_put_u32(nlh, DNAT_A_AGE, 7);
	corpus_start(READ_CONNS);
	corpus_put(nlh);
}

static void make_ports(void)
{
	static const uint32_t counts[4] = { 0, 1, 6, 0 };
	static char buf[1024] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = GENL_MIN_ID;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u16(nlh, DNAT_A_VDPORT, 65408);
	mnl_attr_put(nlh, DNAT_A_PORT_COUNTS, sizeof(counts), counts);
	corpus_start(READ_PORTS);
	corpus_put(nlh);
}

static void make_stats(void)
{
	static char buf[1024] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = GENL_MIN_ID;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u32(nlh, DNAT_A_IN_USE, 1);
	mnl_attr_put_u64(nlh, DNAT_A_STATS_FAST, 1ULL << 40);
	mnl_attr_put_u64(nlh, DNAT_A_STATS_SLOW_NEW, UINT64_MAX);
	corpus_start(READ_STATS);
	corpus_put(nlh);
}

static void make_ended(void)
{
	static char buf[1024] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = GENL_MIN_ID;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u32(nlh, DNAT_A_ENDED, 1024);
	corpus_start(READ_ENDED);
	corpus_put(nlh);
}

static void make_counter(void)
{
	static char buf[1024] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = GENL_MIN_ID;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u32(nlh, DNAT_A_VIP, 0x0a0200c0);
	mnl_attr_put_u32(nlh, DNAT_A_BACKEND, 0x0b00010a);
	mnl_attr_put_u16(nlh, DNAT_A_SERVICE_PORT, 0x5000);
	mnl_attr_put_u8(nlh, DNAT_A_L4PROTO, 6);
	mnl_attr_put_u64(nlh, DNAT_A_BYTES_IN, UINT64_MAX);
	corpus_start(READ_COUNTERS);
	corpus_put(nlh);
}

static void make_service(void)
{
	static char buf[1024] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = GENL_MIN_ID;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u32(nlh, DNAT_A_VIP, htonl(0xc000020a));
	mnl_attr_put_u8(nlh, DNAT_A_L4PROTO, IPPROTO_UDP);
	mnl_attr_put_u16(nlh, DNAT_A_SERVICE_PORT, htons(53));
	corpus_start(READ_SERVICES);
	corpus_put(nlh);
}

static void make_connection(void)
{
	static const char connection[] =
		"\2\6\2\6"
		"\12\2\0\2" "\300\0\2\12" "\12\1\0\13" "\300\0\2\12"
		"\234\100" "\0P" "\37\220" "\4\0"
		"\060\0\0\0" "\3" "d\0\0\0";

	corpus_start(READ_CONNECTION);
	memcpy(corpus_end(), connection, sizeof(connection));
	corpus_len += sizeof(connection);
}

static void make_error(void)
{
	static char buf[1024] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlmsgerr *error;

	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_flags = NLM_F_ACK_TLVS | NLM_F_CAPPED;
	error = mnl_nlmsg_put_extra_header(nlh, sizeof(*error));
	error->error = -22;
	error->msg.nlmsg_len = 4000;
	mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, "not a port");
	corpus_start(READ_POOLS);
	corpus_put(nlh);
}

static void try_around(void)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0xff };
	uint8_t was;

	for (size_t len = 0; len <= corpus_len; len++)
		LLVMFuzzerTestOneInput(corpus, len);
	for (size_t i = 0; i < corpus_len; i++) {
		was = corpus[i];
		for (size_t v = 0; v < sizeof(values); v++) {
			corpus[i] = values[v];
			LLVMFuzzerTestOneInput(corpus, corpus_len);
		}
		corpus[i] = was;
	}
}

/* For libFuzzer to begin with. */
static void save(const char *dir, size_t i)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/seed-%zu", dir, i);
	file = fopen(path, "wb");
	if (!file || fwrite(corpus, corpus_len, 1, file) != 1 || fclose(file)) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	static void (*const make[])(void) = {
		make_element, make_pool, make_connection, make_conn,
		make_ports, make_stats, make_counter, make_ended, make_service,
		make_error,
	};
	bool saves = argc == 3 && !strcmp(argv[1], "--save");
	static uint8_t data[65536];
	FILE *file;

	for (size_t i = 0; i < sizeof(make) / sizeof(make[0]); i++) {
		make[i]();
		if (saves)
			save(argv[2], i);
		else
			try_around();
	}
	for (; !saves && argc > 1; argc--) {
		file = fopen(argv[argc - 1], "rb");
		if (!file) {
			perror(argv[argc - 1]);
			return 1;
		}
		LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), file));
		fclose(file);
	}
	return 0;
}
#endif
