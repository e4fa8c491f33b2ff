// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>

#include "module/kmod.h"
#include "module/kmod_msg.h"
#include "module/kmod_stats.h"

struct total {
	const char *name;
	uint16_t attr;
};

static const struct total totals[] = {
	{ "begun", DNAT_A_STATS_TAKEN },
	{ "ended", DNAT_A_STATS_GIVEN },
	{ "in_use", DNAT_A_IN_USE },
	{ "unconfirmed", DNAT_A_STATS_UNCONFIRMED },
	{ "taken_back", DNAT_A_STATS_RECLAIMED },
	{ "skipped", DNAT_A_STATS_SKIPPED },
	{ "uncounted", DNAT_A_STATS_UNCOUNTED },
	{ "exhausted", DNAT_A_STATS_EXHAUSTED },
	{ "no_memory", DNAT_A_STATS_NOMEM },
	{ "fast", DNAT_A_STATS_FAST },
	{ NULL, 0 }
};

static const struct total slow_totals[] = {
	{ "off", DNAT_A_STATS_SLOW_OFF },
	{ "header", DNAT_A_STATS_SLOW_HEADER },
	{ "ttl", DNAT_A_STATS_SLOW_TTL },
	{ "flags", DNAT_A_STATS_SLOW_FLAGS },
	{ "new", DNAT_A_STATS_SLOW_NEW },
	{ "route", DNAT_A_STATS_SLOW_ROUTE },
	{ "size", DNAT_A_STATS_SLOW_SIZE },
	{ "state", DNAT_A_STATS_SLOW_STATE },
	{ NULL, 0 }
};

static int put(json_t *stats, const struct attrs *attrs,
	       const struct total *total)
{
	for (; total->name; total++)
		if (json_object_set_new(stats, total->name,
					json_integer((json_int_t)
						attrs_number(attrs,
							     total->attr))))
			return -ENOMEM;
	return 0;
}

int kmod_parse_stats(const struct nlmsghdr *nlh, void *stats)
{
	json_t *slow = json_object();
	struct attrs attrs;

	attrs_parse(nlh, &attrs);
	if (put(stats, &attrs, totals) ||
	    json_object_set_new(stats, "slow", slow) ||
	    put(slow, &attrs, slow_totals))
		return -ENOMEM;
	return 0;
}

int kmod_stats(struct kmod *kmod, json_t **stats, struct err *err)
{
	json_t *all = json_object();
	int rc;

	if (!all)
		return err_no_memory(err);
	rc = kmod_get(kmod, DNAT_CMD_STATS_GET, kmod_parse_stats, all, err);
	if (rc)
		json_decref(all);
	else
		*stats = all;
	return rc;
}

int kmod_parse_counter(const struct nlmsghdr *nlh, void *counters)
{
	static const uint16_t types[COUNT_VALUES] = {
		[COUNT_CONNECTIONS] = DNAT_A_BEGUN,
		[COUNT_IN_USE] = DNAT_A_IN_USE,
		[COUNT_PACKETS_IN] = DNAT_A_PACKETS_IN,
		[COUNT_BYTES_IN] = DNAT_A_BYTES_IN,
		[COUNT_PACKETS_OUT] = DNAT_A_PACKETS_OUT,
		[COUNT_BYTES_OUT] = DNAT_A_BYTES_OUT,
		[COUNT_EXHAUSTED] = DNAT_A_FAILED,
		[COUNT_NO_MEMORY] = DNAT_A_NO_MEMORY,
		[COUNT_TAKEN_BACK] = DNAT_A_RECLAIMED,
		[COUNT_UNANSWERED] = DNAT_A_UNANSWERED,
	};
	struct counter counter = { 0 };
	struct attrs attrs;

	attrs_parse(nlh, &attrs);
	counter.proto = (uint8_t)attrs_number(&attrs, DNAT_A_L4PROTO);
	if (!attrs_addr(&attrs, DNAT_A_VIP, &counter.vip) ||
	    !attrs_addr(&attrs, DNAT_A_BACKEND, &counter.backend))
		return 0;
	counter.port = attrs_port(&attrs, DNAT_A_SERVICE_PORT);
	counter.backend_port = attrs_port(&attrs, DNAT_A_BACKEND_PORT);
	for (size_t i = 0; i < COUNT_VALUES; i++)
		counter.values[i] = attrs_number(&attrs, types[i]);
	return counters_add(counters, &counter);
}

int kmod_counters_more(const struct kmod *kmod, const struct service *only,
		       struct nl *nl, struct counters *counters,
		       struct err *err)
{
	struct conn_filter filter = { .class = CONN_ANY };

	if (only)
		filter = conn_filter_of(only, NULL);
	return kmod_more(kmod, DNAT_CMD_COUNTER_GET, &filter, nl,
			 kmod_parse_counter, counters, err);
}
