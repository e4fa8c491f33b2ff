// SPDX-License-Identifier: GPL-2.0-only
/* Checks of conntrack's table: its size, its fill level, its timeouts. */
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/host.h"
#include "model/model.h"

/* Bytes of a conntrack entry with its extensions. */
#define CONN_BYTES 640

/* The table may use one part in this many of the memory. */
#define MEMORY_SHARE 4

/* Percent of the table in use at which it is a fault. */
#define NEARLY_FULL 90

/* Time that a server may need to answer a client that has closed its side. */
#define HALF_CLOSED_S 3600

/* What has its own set of vdports. */
struct pool {
	struct addr vip;
	struct addr backend;
	uint16_t port;
	uint8_t proto;
};

/* Return: bytes of memory, 0 if unknown */
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

unsigned long long host_capacity(const struct model *model, unsigned int ports)
{
	unsigned long long different = 0;
	struct pool *pools;
	size_t n = 0;
	size_t i;
	size_t j;

	pools = calloc(model_backends(model) + 1, sizeof(*pools));
	if (!pools)
		return 0;

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

static void add_size(struct checks *checks, const char *file,
		     unsigned long long enough, unsigned long long wanted,
		     unsigned long long capacity)
{
	char path[64], name[64], advice[ADVICE_LEN];
	unsigned long long value;

	snprintf(path, sizeof(path), "net/netfilter/%s", file);
	snprintf(name, sizeof(name), "net.netfilter.%s", file);
	if (!check_number(checks, path, &value)) {
		check_add(checks, file, json_string("unknown"), false,
			  "the kernel has no connection tracking; use one that has");
		return;
	}
	snprintf(advice, sizeof(advice),
		 "the backends can have %llu connections%s; " ADVICE_SYSCTL,
		 capacity,
		 wanted < capacity ? ", the memory is enough for fewer" : "",
		 name, wanted, name, wanted);
	check_add(checks, file, json_integer((json_int_t)value),
		  value >= enough, value >= enough ? NULL : advice);
}

/*
 * The kernel's default is one bucket per connection.  Half of that costs little
 * speed, so it is not reported.
 */
void check_conntrack_size(struct checks *checks)
{
	unsigned long long capacity =
		host_capacity(checks->model, checks->ports);
	unsigned long long wanted = capacity;
	unsigned long long fits =
		memory_total(checks) / MEMORY_SHARE / CONN_BYTES;

	if (fits && wanted > fits)
		wanted = fits;
	add_size(checks, "nf_conntrack_max", wanted, wanted, capacity);
	add_size(checks, "nf_conntrack_buckets", wanted / 2, wanted, capacity);
}

void check_conntrack_count(struct checks *checks)
{
	static const char name[] = "net.netfilter.nf_conntrack_max";
	unsigned long long count, max;
	char advice[ADVICE_LEN];
	bool ok;

	if (!check_number(checks, "net/netfilter/nf_conntrack_count", &count) ||
	    !check_number(checks, "net/netfilter/nf_conntrack_max", &max))
		return;
	ok = !max || count * 100 < max * NEARLY_FULL;
	snprintf(advice, sizeof(advice),
		 "the table holds %llu, and when it is full new connections are dropped; "
		 ADVICE_SYSCTL, max, name, 2 * max, name, 2 * max);
	check_add(checks, "nf_conntrack_count",
		  json_integer((json_int_t)count), ok, ok ? NULL : advice);
}

static bool tcp_in_use(const struct model *model)
{
	for (size_t i = 0; i < model->n_services; i++)
		if (model->services[i]->proto == IPPROTO_TCP)
			return true;
	return false;
}

void check_conntrack_times(struct checks *checks)
{
	static const char close_wait[] =
		"net.netfilter.nf_conntrack_tcp_timeout_close_wait";
	unsigned long long value, enough = HALF_CLOSED_S;
	char advice[ADVICE_LEN];

	if (check_number(checks, "net/netfilter/nf_conntrack_timestamp",
			 &value))
		check_add(checks, "nf_conntrack_timestamp",
			  json_integer((json_int_t)value), true,
			  value ? NULL :
				  "connection show knows no age; sysctl -w net.netfilter.nf_conntrack_timestamp=1");
	if (!tcp_in_use(checks->model) ||
	    !check_number(checks,
			  "net/netfilter/nf_conntrack_tcp_timeout_close_wait",
			  &value))
		return;
	snprintf(advice, sizeof(advice),
		 "a client that has closed its side loses an answer that takes longer than %llu seconds; "
		 ADVICE_SYSCTL, value, close_wait, enough, close_wait, enough);
	check_add(checks, "nf_conntrack_tcp_timeout_close_wait",
		  json_integer((json_int_t)value), true,
		  value < enough ? advice : NULL);
}
