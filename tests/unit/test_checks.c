// SPDX-License-Identifier: GPL-2.0-only
/* The status checks against a /proc made up for them. */
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks.h"
#include "link.h"
#include "unit.h"

static char proc[] = "/tmp/dnat-proc-XXXXXX";
static struct err err;

bool link_exists(const char *dev)
{
	return !strcmp(dev, "v1");
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
	CHECK_INT(checks_capacity(model, 64512), 0);
	service(model, "a", "192.0.2.10", 80, "tcp", NULL);
	backend(model, "a", "10.1.0.11", 8080);
	backend(model, "a", "10.1.0.12", 8080);
	CHECK_INT(checks_capacity(model, 64512), 2 * 64512);
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
	CHECK_INT(checks_capacity(model, 10), 6 * 10);
	model_free(model);
}

static void test_checks(void)
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
	checks = checks_to_json(model, 64512, proc);
	EXPECT(checks, "ip_forward", false, "sysctl -w net.ipv4.ip_forward=1");
	CHECK(!find(checks, "ipv6_forwarding"));
	EXPECT(checks, "nf_conntrack_max", true, NULL);
	json_decref(checks);

	service(model, "a", "127.0.0.1", 80, "tcp", "v1");
	backend(model, "a", "10.1.0.11", 8080);
	backend(model, "a", "10.1.0.12", 8080);
	checks = checks_to_json(model, 64512, proc);
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
	checks = checks_to_json(model, 64512, proc);
	EXPECT(checks, "ip_forward", true, NULL);
	EXPECT(checks, "ipv6_forwarding", false, "no such protocol");
	EXPECT(checks, "rp_filter", true, NULL);
	EXPECT(checks, "nf_conntrack_max", true, NULL);
	EXPECT(checks, "nf_conntrack_timestamp", true, NULL);
	EXPECT(checks, "interfaces", false, "service b: there is no interface v9");
	EXPECT(checks, "vips_on_interfaces", true, "2001:db8::1");
	json_decref(checks);

	/* 128 MB: a quarter of it holds 52,428 connections. */
	put("meminfo", "MemTotal:     131072 kB\n");
	put("sys/net/netfilter/nf_conntrack_max", "50000\n");
	put("sys/net/netfilter/nf_conntrack_buckets", "1024\n");
	put("sys/net/ipv6/conf/all/forwarding", "0\n");
	checks = checks_to_json(model, 64512, proc);
	EXPECT(checks, "nf_conntrack_max", false, "nf_conntrack_max=52428");
	EXPECT(checks, "nf_conntrack_max", false, "enough for fewer");
	EXPECT(checks, "nf_conntrack_buckets", false,
	       "sysctl -w net.netfilter.nf_conntrack_buckets=52428");
	EXPECT(checks, "ipv6_forwarding", false,
	       "sysctl -w net.ipv6.conf.all.forwarding=1");
	json_decref(checks);
	model_free(model);
}

static void clean(void)
{
	static const char *const names[] = {
		"meminfo", "sys/net/ipv4/ip_forward",
		"sys/net/ipv4/conf/all/rp_filter", "sys/net/ipv4/conf/all",
		"sys/net/ipv4/conf/lo/rp_filter", "sys/net/ipv4/conf/lo",
		"sys/net/ipv4/conf/v1/rp_filter", "sys/net/ipv4/conf/v1",
		"sys/net/ipv4/conf", "sys/net/ipv4",
		"sys/net/ipv6/conf/all/forwarding", "sys/net/ipv6/conf/all",
		"sys/net/ipv6/conf", "sys/net/ipv6",
		"sys/net/netfilter/nf_conntrack_max",
		"sys/net/netfilter/nf_conntrack_buckets",
		"sys/net/netfilter/nf_conntrack_timestamp",
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
	test_checks();
	clean();
	return unit_result();
}
