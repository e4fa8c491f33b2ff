// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "checks.h"
#include "link.h"

/*
 * A conntrack entry with its extensions, and what a table may take of the
 * memory before the machine suffers.
 */
#define CONN_BYTES 640
#define MEMORY_SHARE 4

struct checks {
	const char *proc;
	json_t *list;
};

/* One (VIP, protocol, backend, port): what vdports are counted for. */
struct pool {
	struct addr vip;
	struct addr backend;
	uint16_t port;
	uint8_t proto;
};

static void check(struct checks *checks, const char *name, json_t *value,
		  bool ok, const char *advice)
{
	json_t *entry = json_pack("{s:s, s:o, s:b, s:s?}", "name", name,
				  "value", value, "ok", ok, "advice", advice);

	/* Out of memory shows as NULL from checks_to_json(). */
	if (json_array_append_new(checks->list, entry)) {
		json_decref(checks->list);
		checks->list = NULL;
	}
}

static bool proc_number(const struct checks *checks, const char *name,
			unsigned long long *value)
{
	char path[PATH_MAX];
	FILE *file;
	bool ok;

	snprintf(path, sizeof(path), "%s/sys/%s", checks->proc, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	ok = fscanf(file, "%llu", value) == 1;
	fclose(file);
	return ok;
}

/* Bytes of memory; 0 where the kernel does not say. */
static unsigned long long memory_total(const struct checks *checks)
{
	unsigned long long kb = 0;
	char path[PATH_MAX];
	char line[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/meminfo", checks->proc);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "MemTotal: %llu", &kb) == 1)
			break;
	fclose(file);
	return kb * 1024;
}

static bool family_in_use(const struct model *model, uint8_t family)
{
	size_t i;

	for (i = 0; i < model->n_services; i++)
		if (model->services[i]->vip.family == family)
			return true;
	return false;
}

static void check_forwarding(struct checks *checks, const char *name,
			     const char *file, const char *advice)
{
	unsigned long long value;

	if (!proc_number(checks, file, &value))
		check(checks, name, json_string("unknown"), false,
		      "the kernel has no such protocol; use one that has");
	else
		check(checks, name, json_integer((json_int_t)value), value,
		      value ? NULL : advice);
}

static int pool_compare(const void *left, const void *right)
{
	const struct pool *a = left;
	const struct pool *b = right;
	int ret = addr_compare(&a->vip, &b->vip);

	if (!ret)
		ret = addr_compare(&a->backend, &b->backend);
	if (!ret)
		ret = (int)a->port - (int)b->port;
	return ret ? ret : (int)a->proto - (int)b->proto;
}

unsigned long long checks_capacity(const struct model *model,
				   unsigned int ports)
{
	unsigned long long different = 0;
	struct pool *pools;
	size_t n = 0;
	size_t i;
	size_t j;

	for (i = 0; i < model->n_services; i++)
		n += model->services[i]->n_backends;
	pools = calloc(n + 1, sizeof(*pools));
	if (!pools)
		return 0;

	n = 0;
	for (i = 0; i < model->n_services; i++) {
		const struct service *service = model->services[i];

		for (j = 0; j < service->n_backends; j++, n++) {
			pools[n].vip = service->vip;
			pools[n].backend = service->backends[j].addr;
			pools[n].port = service->backends[j].port;
			pools[n].proto = service->proto;
		}
	}
	qsort(pools, n, sizeof(*pools), pool_compare);
	for (i = 0; i < n; i++)
		if (!i || pool_compare(&pools[i - 1], &pools[i]))
			different++;
	free(pools);
	return different * ports;
}

static void check_conntrack(struct checks *checks, const char *name,
			    unsigned long long enough,
			    unsigned long long wanted,
			    unsigned long long capacity)
{
	unsigned long long value;
	char file[64];
	char advice[256];

	snprintf(file, sizeof(file), "net/netfilter/%s", name);
	if (!proc_number(checks, file, &value)) {
		check(checks, name, json_string("unknown"), false,
		      "the kernel has no connection tracking; use one that has");
		return;
	}
	snprintf(advice, sizeof(advice),
		 "the backends can have %llu connections%s; sysctl -w net.netfilter.%s=%llu",
		 capacity,
		 wanted < capacity ? ", the memory is enough for fewer" : "",
		 name, wanted);
	check(checks, name, json_integer((json_int_t)value), value >= enough,
	      value >= enough ? NULL : advice);
}

/*
 * The kernel's own default is one bucket a connection.  Half of that costs
 * little, so that alone is no reason to speak up.
 */
static void check_capacity(struct checks *checks, const struct model *model,
			   unsigned int ports)
{
	unsigned long long capacity = checks_capacity(model, ports);
	unsigned long long wanted = capacity;
	unsigned long long fits =
		memory_total(checks) / MEMORY_SHARE / CONN_BYTES;

	if (fits && wanted > fits)
		wanted = fits;
	check_conntrack(checks, "nf_conntrack_max", wanted, wanted, capacity);
	check_conntrack(checks, "nf_conntrack_buckets", wanted / 2, wanted,
			capacity);
}

static void check_timestamp(struct checks *checks)
{
	unsigned long long value;

	if (!proc_number(checks, "net/netfilter/nf_conntrack_timestamp",
			 &value))
		return;
	check(checks, "nf_conntrack_timestamp",
	      json_integer((json_int_t)value), true,
	      value ? NULL :
		      "connection show knows no age; sysctl -w net.netfilter.nf_conntrack_timestamp=1");
}

static bool iface_strict(const struct checks *checks, const char *iface)
{
	unsigned long long value = 0;
	unsigned long long all = 0;
	char file[PATH_MAX];

	proc_number(checks, "net/ipv4/conf/all/rp_filter", &all);
	snprintf(file, sizeof(file), "net/ipv4/conf/%s/rp_filter", iface);
	if (!proc_number(checks, file, &value))
		return false;
	return (value > all ? value : all) == 1;
}

/* The higher of the interface's value and of "all" is in force. */
static void check_rp_filter(struct checks *checks)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	char first[IFNAMSIZ] = "";
	char value[64] = "not strict";
	size_t strict = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/sys/net/ipv4/conf", checks->proc);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (name[0] == '.' || !strcmp(name, "all") ||
		    !strcmp(name, "default") || !strcmp(name, "lo") ||
		    strlen(name) >= sizeof(first) ||
		    !iface_strict(checks, name))
			continue;
		if (!strict++ || strcmp(name, first) < 0)
			strcpy(first, name);
	}
	closedir(dir);

	if (strict == 1)
		snprintf(value, sizeof(value), "strict on %s", first);
	else if (strict)
		snprintf(value, sizeof(value), "strict on %s and %zu more",
			 first, strict - 1);
	check(checks, "rp_filter", json_string(value), !strict,
	      strict ? "packets that come in by another interface than the route back are dropped; sysctl -w net.ipv4.conf.all.rp_filter=2" :
		       NULL);
}

static void check_interfaces(struct checks *checks, const struct model *model)
{
	const struct service *first = NULL;
	size_t missing = 0;
	size_t used = 0;
	char value[64];
	char advice[256];
	size_t i;

	for (i = 0; i < model->n_services; i++) {
		const struct service *service = model->services[i];

		if (!service->dev[0])
			continue;
		used++;
		if (link_exists(service->dev))
			continue;
		if (!missing++)
			first = service;
	}
	if (!used)
		return;

	snprintf(value, sizeof(value), "%zu of %zu there", used - missing,
		 used);
	if (first)
		snprintf(advice, sizeof(advice),
			 "service %s: there is no interface %s; add it, and dnatd puts the VIP there, or use service set %s dev NAME",
			 first->name, first->dev, first->name);
	check(checks, "interfaces", json_string(value), !missing,
	      missing ? advice : NULL);
}

static bool vip_is_local(const struct ifaddrs *list, const struct addr *vip)
{
	const struct ifaddrs *entry;

	for (entry = list; entry; entry = entry->ifa_next) {
		const struct sockaddr *sa = entry->ifa_addr;
		const void *bytes;

		if (!sa || sa->sa_family != vip->family)
			continue;
		if (sa->sa_family == AF_INET)
			bytes = &((const struct sockaddr_in *)(const void *)sa)
					 ->sin_addr;
		else
			bytes = &((const struct sockaddr_in6 *)(const void *)sa)
					 ->sin6_addr;
		if (!memcmp(bytes, vip->bytes, addr_len(vip->family)))
			return true;
	}
	return false;
}

/* No interface has to have a VIP that is routed here, or that keepalived moves. */
static void check_vips(struct checks *checks, const struct model *model)
{
	const struct service *first = NULL;
	char vip[INET6_ADDRSTRLEN];
	struct ifaddrs *list;
	size_t missing = 0;
	char value[64];
	char advice[256];
	size_t i;

	if (!model->n_services || getifaddrs(&list))
		return;
	for (i = 0; i < model->n_services; i++) {
		if (vip_is_local(list, &model->services[i]->vip))
			continue;
		if (!missing++)
			first = model->services[i];
	}
	freeifaddrs(list);

	snprintf(value, sizeof(value), "%zu of %zu services",
		 model->n_services - missing, model->n_services);
	if (first)
		snprintf(advice, sizeof(advice),
			 "service %s: no interface has %s; fine where it is routed here or keepalived moves it, else service set %s dev NAME",
			 first->name,
			 addr_text(&first->vip, vip, sizeof(vip)),
			 first->name);
	check(checks, "vips_on_interfaces", json_string(value), true,
	      missing ? advice : NULL);
}

json_t *checks_to_json(const struct model *model, unsigned int ports,
		       const char *proc)
{
	struct checks checks = { .proc = proc, .list = json_array() };

	/* who begins is told before the first service does not answer */
	if (family_in_use(model, AF_INET) || !model->n_services) {
		check_forwarding(&checks, "ip_forward", "net/ipv4/ip_forward",
				 "backends are not reached; sysctl -w net.ipv4.ip_forward=1");
		check_rp_filter(&checks);
	}
	if (family_in_use(model, AF_INET6))
		check_forwarding(&checks, "ipv6_forwarding",
				 "net/ipv6/conf/all/forwarding",
				 "backends are not reached; sysctl -w net.ipv6.conf.all.forwarding=1");
	check_capacity(&checks, model, ports);
	check_timestamp(&checks);
	check_interfaces(&checks, model);
	check_vips(&checks, model);
	return checks.list;
}
