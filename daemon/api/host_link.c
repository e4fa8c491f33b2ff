// SPDX-License-Identifier: GPL-2.0-only
/* Checks of interfaces, of VIPs on them, and of the neighbour tables. */
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "api/host_part.h"
#include "net/link.h"
#include "net/neigh.h"

/* Percent of a neighbour table in use at which it is a fault. */
#define NEARLY_FULL 90

/* Services in a row often have the same interface: remember the last result. */
static bool dev_there(const char *dev, char asked[IFNAMSIZ], bool *there)
{
	if (strcmp(dev, asked)) {
		strcpy(asked, dev);
		*there = link_exists(dev);
	}
	return *there;
}

void check_interfaces(struct checks *checks)
{
	const struct model *model = checks->model;
	const struct service *first = NULL;
	char asked[IFNAMSIZ] = "", advice[ADVICE_LEN];
	size_t missing = 0, used = 0;
	bool there = false;

	for (size_t i = 0; i < model->n_services; i++) {
		const struct service *service = model->services[i];

		if (!service->dev[0])
			continue;
		used++;
		if (dev_there(service->dev, asked, &there))
			continue;
		if (!missing++)
			first = service;
	}
	if (!used)
		return;

	if (first)
		snprintf(advice, sizeof(advice),
			 "service %s: there is no interface %s; add it, and dnatd puts the VIP there, or use service set %s dev NAME",
			 first->name, first->dev, first->name);
	check_add(checks, "interfaces",
		  json_sprintf("%zu of %zu there", used - missing, used),
		  !missing, missing ? advice : NULL);
}

struct locals {
	size_t n;
	struct addr *list;		/* sorted */
};

static int order(const void *a, const void *b)
{
	return addr_compare(a, b);
}

static bool local_set(struct addr *addr, const struct sockaddr *sa)
{
	memset(addr, 0, sizeof(*addr));
	if (!sa || (sa->sa_family != AF_INET && sa->sa_family != AF_INET6))
		return false;
	addr->family = (uint8_t)sa->sa_family;
	if (sa->sa_family == AF_INET)
		memcpy(addr->bytes,
		       &((const struct sockaddr_in *)(const void *)sa)->sin_addr,
		       addr_len(AF_INET));
	else
		memcpy(addr->bytes,
		       &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr,
		       addr_len(AF_INET6));
	return true;
}

/* Read all local addresses.  Return: false on error */
static bool locals_read(struct locals *locals)
{
	struct ifaddrs *list;
	size_t room = 0;

	if (getifaddrs(&list))
		return false;
	for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next)
		room++;
	locals->n = 0;
	locals->list = calloc(room + 1, sizeof(*locals->list));
	for (const struct ifaddrs *entry = list; locals->list && entry;
	     entry = entry->ifa_next)
		locals->n += local_set(&locals->list[locals->n],
				       entry->ifa_addr);
	freeifaddrs(list);
	if (!locals->list)
		return false;
	qsort(locals->list, locals->n, sizeof(*locals->list), order);
	return true;
}

/* Never a fault: a VIP may be routed here, or keepalived may move it. */
void check_vips(struct checks *checks)
{
	const struct model *model = checks->model;
	char vip[INET6_ADDRSTRLEN], advice[ADVICE_LEN];
	const struct service *first = NULL, *source = NULL;
	struct locals locals;
	size_t missing = 0;

	if (!model->n_services || !locals_read(&locals))
		return;
	for (size_t i = 0; i < model->n_services; i++) {
		if (bsearch(&model->services[i]->vip, locals.list, locals.n,
			    sizeof(*locals.list), order))
			continue;
		if (!missing++)
			first = model->services[i];
		if (!source && model->services[i]->check.from_vip)
			source = model->services[i];
	}
	free(locals.list);

	if (source)
		snprintf(advice, sizeof(advice),
			 "service %s: no interface has %s, so check-source vip has no effect now; fine while another machine has it, else service set %s dev NAME",
			 source->name,
			 addr_text(&source->vip, vip, sizeof(vip)),
			 source->name);
	else if (first)
		snprintf(advice, sizeof(advice),
			 "service %s: no interface has %s; fine where it is routed here (what no service takes is dropped) or keepalived moves it, else service set %s dev NAME",
			 first->name,
			 addr_text(&first->vip, vip, sizeof(vip)),
			 first->name);
	check_add(checks, "vips_on_interfaces",
		  json_sprintf("%zu of %zu services",
			       model->n_services - missing, model->n_services),
		  true, missing ? advice : NULL);
}

static void check_neighbour_table(struct checks *checks,
				  const struct neigh_table *table)
{
	const char *family = table->family == AF_INET ? "ipv4" : "ipv6";
	unsigned long long more = 4ULL * table->limit;
	char name[64], advice[ADVICE_LEN], sysctl[64];
	bool ok = (uint64_t)table->entries * 100 <
		  (uint64_t)table->limit * NEARLY_FULL;

	if (!check_family(checks, table->family))
		return;
	snprintf(name, sizeof(name), "%s_neighbours", family);
	snprintf(sysctl, sizeof(sysctl), "net.%s.neigh.default.gc_thresh3",
		 family);
	snprintf(advice, sizeof(advice),
		 "the kernel keeps %u hosts on its networks, and when these are in use it reaches no others; "
		 ADVICE_SYSCTL, table->limit, sysctl, more, sysctl, more);
	check_add(checks, name, json_integer((json_int_t)table->entries), ok,
		  ok ? NULL : advice);
}

void check_neighbours(struct checks *checks)
{
	struct neigh_table tables[2];

	for (size_t i = neigh_tables(tables); i; i--)
		check_neighbour_table(checks, &tables[i - 1]);
}
