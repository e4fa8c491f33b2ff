// SPDX-License-Identifier: GPL-2.0-only
/* The status checks against a /proc made up for them. */
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/host.h"
#include "model/model.h"
#include "net/link.h"
#include "net/neigh.h"
#include "net/route.h"
#include "unit.h"

static char proc[] = "/tmp/dnat-proc-XXXXXX";
static struct err err;

bool link_exists(const char *dev)
{
	return !strcmp(dev, "v1");
}

static const char *default_dev;
static bool default_ra;

bool route6_default(char dev[IFNAMSIZ], bool *ra)
{
	*ra = default_ra;
	return default_dev && strcpy(dev, default_dev);
}

static uint32_t neighbours = 10;

size_t neigh_tables(struct neigh_table tables[2])
{
	for (size_t i = 0; i < 2; i++)
		tables[i] = (struct neigh_table){
			.family = i ? AF_INET6 : AF_INET,
			.entries = neighbours,
			.limit = 1024,
		};
	return 2;
}

static json_t *look(const struct model *model)
{
	struct checks checks = {
		.proc = proc, .model = model, .ports = 64512,
		.list = json_array(),
	};
	json_t *list = host_all(&checks);

	NEED(list);
	return list;
}

static void put(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *file;
	char *p;

	snprintf(path, sizeof(path), "%s/%s", proc, name);
	for (p = path + strlen(proc) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
	file = fopen(path, "w");
	NEED(file);
	fputs(text, file);
	fclose(file);
}

static void add(struct model *model, const char *op, json_t *args)
{
	struct change change;

	NEED(args);
	if (model_plan(model, op, args, &change, &err))
		fprintf(stderr, "%s\n", err.msg);
	else
		model_commit(model, &change);
	json_decref(args);
}

static void service(struct model *model, const char *name, const char *vip,
		    int port, const char *proto, const char *dev)
{
	add(model, "service.add",
	    json_pack("{s:s, s:s, s:i, s:s, s:s?}", "name", name, "vip", vip,
		      "port", port, "proto", proto, "dev", dev));
}

static void backend(struct model *model, const char *name, const char *addr,
		    int port)
{
	add(model, "backend.add",
	    json_pack("{s:s, s:s, s:i}", "service", name, "addr", addr, "port",
		      port));
}

static const json_t *find(const json_t *checks, const char *name)
{
	const json_t *check;
	size_t i;

	json_array_foreach(checks, i, check)
		if (!strcmp(json_string_value(json_object_get(check, "name")),
			    name))
			return check;
	return NULL;
}

/* @advice NULL: there must be none; else a part of it. */
static void expect(int line, const json_t *checks, const char *name, bool ok,
		   const char *advice)
{
	const json_t *check = find(checks, name);
	const char *got = json_string_value(json_object_get(check, "advice"));

	if (!check || json_is_true(json_object_get(check, "ok")) != ok ||
	    !advice != !got || (advice && !strstr(got, advice))) {
		unit_failures++;
		fprintf(stderr, "%s:%d: %s: advice \"%s\"\n", __FILE__, line,
			check ? name : "missing", got ? got : "");
	}
}

#define EXPECT(checks, name, ok, advice) \
	expect(__LINE__, checks, name, ok, advice)

static void test_capacity(void)
{
	struct model *model = model_new();

	NEED(model);
	CHECK_INT(host_capacity(model, 64512), 0);
	service(model, "a", "192.0.2.10", 80, "tcp", NULL);
	backend(model, "a", "10.1.0.11", 8080);
	backend(model, "a", "10.1.0.12", 8080);
	CHECK_INT(host_capacity(model, 64512), 2 * 64512);
	/* The same pool twice, and four new ones. */
	service(model, "b", "192.0.2.10", 81, "tcp", NULL);
	backend(model, "b", "10.1.0.11", 8080);
	backend(model, "b", "10.1.0.11", 8081);
	service(model, "c", "192.0.2.11", 80, "tcp", NULL);
	backend(model, "c", "10.1.0.11", 8080);
	service(model, "d", "192.0.2.10", 80, "udp", NULL);
	backend(model, "d", "10.1.0.11", 8080);
	service(model, "e", "2001:db8::1", 80, "tcp", NULL);
	backend(model, "e", "fd00::1", 8080);
	CHECK_INT(host_capacity(model, 10), 6 * 10);
	model_free(model);
}

static void test_host(void)
{
	struct model *model = model_new();
	json_t *checks;

	NEED(model);
	put("meminfo", "MemTotal:     4096000 kB\nMemFree: 1 kB\n");
	put("sys/net/ipv4/ip_forward", "0\n");
	put("sys/net/ipv4/conf/all/rp_filter", "0\n");
	put("sys/net/ipv4/conf/lo/rp_filter", "1\n");
	put("sys/net/ipv4/conf/v1/rp_filter", "1\n");
	put("sys/net/netfilter/nf_conntrack_max", "65536\n");
	put("sys/net/netfilter/nf_conntrack_buckets", "65536\n");
	put("sys/net/netfilter/nf_conntrack_timestamp", "0\n");

	/* Nothing configured: nothing to complain of but what all need. */
	checks = look(model);
	EXPECT(checks, "ip_forward", false, "sysctl -w net.ipv4.ip_forward=1");
	CHECK(!find(checks, "ipv6_forwarding"));
	EXPECT(checks, "nf_conntrack_max", true, NULL);
	json_decref(checks);

	service(model, "a", "127.0.0.1", 80, "tcp", "v1");
	backend(model, "a", "10.1.0.11", 8080);
	backend(model, "a", "10.1.0.12", 8080);
	checks = look(model);
	EXPECT(checks, "ip_forward", false, "sysctl -w net.ipv4.ip_forward=1");
	CHECK(!find(checks, "ipv6_forwarding"));
	EXPECT(checks, "rp_filter", false,
	       "sysctl -w net.ipv4.conf.all.rp_filter=2");
	EXPECT(checks, "nf_conntrack_max", false,
	       "129024 connections; sysctl -w net.netfilter.nf_conntrack_max=129024");
	EXPECT(checks, "nf_conntrack_buckets", true, NULL);
	EXPECT(checks, "nf_conntrack_timestamp", true, "timestamp=1");
	EXPECT(checks, "interfaces", true, NULL);
	json_decref(checks);

	put("sys/net/ipv4/ip_forward", "1\n");
	put("sys/net/ipv4/conf/all/rp_filter", "2\n");
	put("sys/net/netfilter/nf_conntrack_max", "129024\n");
	put("sys/net/netfilter/nf_conntrack_timestamp", "1\n");
	service(model, "b", "2001:db8::1", 80, "tcp", "v9");
	checks = look(model);
	EXPECT(checks, "ip_forward", true, NULL);
	EXPECT(checks, "ipv6_forwarding", false, "no such protocol");
	EXPECT(checks, "rp_filter", true, NULL);
	EXPECT(checks, "nf_conntrack_max", true, NULL);
	EXPECT(checks, "nf_conntrack_timestamp", true, NULL);
	EXPECT(checks, "interfaces", false, "service b: there is no interface v9");
	EXPECT(checks, "vips_on_interfaces", true, "2001:db8::1");
	json_decref(checks);
	add(model, "service.set",
	    json_pack("{s:s, s:s, s:s}", "name", "b", "check", "tcp",
		      "check-source", "vip"));
	checks = look(model);
	EXPECT(checks, "vips_on_interfaces", true,
	       "service b: no interface has 2001:db8::1, so check-source vip has no effect now");
	json_decref(checks);

	/* 128 MB: a quarter of it holds 52,428 connections. */
	put("meminfo", "MemTotal:     131072 kB\n");
	put("sys/net/netfilter/nf_conntrack_max", "50000\n");
	put("sys/net/netfilter/nf_conntrack_buckets", "1024\n");
	put("sys/net/ipv6/conf/all/forwarding", "0\n");
	checks = look(model);
	EXPECT(checks, "nf_conntrack_max", false, "nf_conntrack_max=52428");
	EXPECT(checks, "nf_conntrack_max", false, "enough for fewer");
	EXPECT(checks, "nf_conntrack_buckets", false,
	       "sysctl -w net.netfilter.nf_conntrack_buckets=52428");
	EXPECT(checks, "ipv6_forwarding", false,
	       "sysctl -w net.ipv6.conf.all.forwarding=1");
	json_decref(checks);
	model_free(model);
}

static struct model *two_services(void)
{
	struct model *model = model_new();

	NEED(model);
	service(model, "a", "127.0.0.1", 80, "tcp", "v1");
	service(model, "b", "2001:db8::1", 80, "tcp", NULL);
	return model;
}

/* What is set is lost with the next boot: the advice says how to keep it. */
static void test_keeps(void)
{
	struct model *model = two_services();
	json_t *checks;

	put("sys/net/ipv4/ip_forward", "0\n");
	checks = look(model);
	EXPECT(checks, "ip_forward", false,
	       "and net.ipv4.ip_forward=1 in /etc/sysctl.d/dnat.conf for the next boot");
	CHECK(!find(checks, "interface_forwarding"));
	json_decref(checks);

	put("sys/net/ipv4/ip_forward", "1\n");
	put("sys/net/ipv4/conf/v1/forwarding", "1\n");
	put("sys/net/ipv4/conf/v2/forwarding", "0\n");
	checks = look(model);
	EXPECT(checks, "ip_forward", true, NULL);
	EXPECT(checks, "interface_forwarding", true,
	       "net.ipv4.conf.v2.forwarding=1");
	json_decref(checks);

	put("sys/net/ipv4/conf/v1/forwarding", "0\n");
	checks = look(model);
	EXPECT(checks, "interface_forwarding", false,
	       "net.ipv4.conf.v1.forwarding=1");
	json_decref(checks);
	put("sys/net/ipv4/conf/v1/forwarding", "1\n");
	put("sys/net/ipv4/conf/v2/forwarding", "1\n");
	checks = look(model);
	EXPECT(checks, "interface_forwarding", true, NULL);
	json_decref(checks);
	model_free(model);
}

/* Forwarding would take a default route away that router advertisements made. */
static void test_default_route(void)
{
	struct model *model = two_services();
	json_t *checks;

	default_dev = "v1";
	default_ra = true;
	put("sys/net/ipv6/conf/all/forwarding", "0\n");
	put("sys/net/ipv6/conf/v1/accept_ra", "1\n");
	checks = look(model);
	EXPECT(checks, "ipv6_forwarding", false,
	       "first sysctl -w net.ipv6.conf.v1.accept_ra=2 (and in dnat.conf), or the default route goes, then sysctl -w net.ipv6.conf.all.forwarding=1");
	CHECK(!find(checks, "ipv6_default_route"));
	json_decref(checks);

	put("sys/net/ipv6/conf/v1/accept_ra", "2\n");
	checks = look(model);
	EXPECT(checks, "ipv6_forwarding", false,
	       "not reached; sysctl -w net.ipv6.conf.all.forwarding=1");
	json_decref(checks);
	default_ra = false;
	put("sys/net/ipv6/conf/v1/accept_ra", "1\n");
	checks = look(model);
	EXPECT(checks, "ipv6_forwarding", false,
	       "not reached; sysctl -w net.ipv6.conf.all.forwarding=1");
	json_decref(checks);

	put("sys/net/ipv6/conf/all/forwarding", "1\n");
	checks = look(model);
	EXPECT(checks, "ipv6_default_route", true, NULL);
	json_decref(checks);
	default_dev = NULL;
	checks = look(model);
	EXPECT(checks, "ipv6_forwarding", true, NULL);
	EXPECT(checks, "ipv6_default_route", true, "accept_ra=2");
	json_decref(checks);
	model_free(model);
}

static void test_full(void)
{
	struct model *model = two_services();
	json_t *checks;

	put("sys/net/netfilter/nf_conntrack_max", "1000\n");
	put("sys/net/netfilter/nf_conntrack_count", "899\n");
	put("sys/net/netfilter/nf_conntrack_tcp_timeout_close_wait", "3600\n");
	neighbours = 921;
	checks = look(model);
	EXPECT(checks, "nf_conntrack_count", true, NULL);
	EXPECT(checks, "nf_conntrack_tcp_timeout_close_wait", true, NULL);
	EXPECT(checks, "ipv4_neighbours", true, NULL);
	EXPECT(checks, "ipv6_neighbours", true, NULL);
	json_decref(checks);

	put("sys/net/netfilter/nf_conntrack_count", "900\n");
	put("sys/net/netfilter/nf_conntrack_tcp_timeout_close_wait", "60\n");
	neighbours = 922;
	checks = look(model);
	EXPECT(checks, "nf_conntrack_count", false, "nf_conntrack_max=2000");
	EXPECT(checks, "nf_conntrack_tcp_timeout_close_wait", true,
	       "longer than 60 seconds; sysctl -w net.netfilter.nf_conntrack_tcp_timeout_close_wait=3600");
	EXPECT(checks, "ipv4_neighbours", false,
	       "sysctl -w net.ipv4.neigh.default.gc_thresh3=4096");
	EXPECT(checks, "ipv6_neighbours", false,
	       "sysctl -w net.ipv6.neigh.default.gc_thresh3=4096");
	json_decref(checks);

	/* 0 is no limit. */
	put("sys/net/netfilter/nf_conntrack_max", "0\n");
	checks = look(model);
	EXPECT(checks, "nf_conntrack_count", true, NULL);
	json_decref(checks);
	model_free(model);
}

static void clean(void)
{
	static const char *const names[] = {
		"meminfo", "sys/net/ipv4/ip_forward",
		"sys/net/ipv4/conf/all/rp_filter", "sys/net/ipv4/conf/all",
		"sys/net/ipv4/conf/lo/rp_filter", "sys/net/ipv4/conf/lo",
		"sys/net/ipv4/conf/v1/rp_filter",
		"sys/net/ipv4/conf/v1/forwarding", "sys/net/ipv4/conf/v1",
		"sys/net/ipv4/conf/v2/forwarding", "sys/net/ipv4/conf/v2",
		"sys/net/ipv4/conf", "sys/net/ipv4",
		"sys/net/ipv6/conf/all/forwarding", "sys/net/ipv6/conf/all",
		"sys/net/ipv6/conf/v1/accept_ra", "sys/net/ipv6/conf/v1",
		"sys/net/ipv6/conf", "sys/net/ipv6",
		"sys/net/netfilter/nf_conntrack_max",
		"sys/net/netfilter/nf_conntrack_buckets",
		"sys/net/netfilter/nf_conntrack_timestamp",
		"sys/net/netfilter/nf_conntrack_count",
		"sys/net/netfilter/nf_conntrack_tcp_timeout_close_wait",
		"sys/net/netfilter", "sys/net", "sys", "",
	};
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", proc, names[i]);
		CHECK(!remove(path));
	}
}

int main(void)
{
	NEED(mkdtemp(proc));
	test_capacity();
	test_host();
	test_keeps();
	test_default_route();
	test_full();
	clean();
	return unit_result();
}
