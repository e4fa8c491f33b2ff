// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "kmod_msg.h"
#include "kmod_stats.h"

struct counter {
	const char *name;
	uint16_t attr;
};

static const struct counter counters[] = {
	{ "begun", DNAT_A_STATS_TAKEN },
	{ "ended", DNAT_A_STATS_GIVEN },
	{ "in_use", DNAT_A_IN_USE },
	{ "unconfirmed", DNAT_A_STATS_UNCONFIRMED },
	{ "taken_back", DNAT_A_STATS_RECLAIMED },
	{ "skipped", DNAT_A_STATS_SKIPPED },
	{ "exhausted", DNAT_A_STATS_EXHAUSTED },
	{ "no_memory", DNAT_A_STATS_NOMEM },
	{ "fast", DNAT_A_STATS_FAST },
	{ NULL, 0 }
};

static const struct counter slow_counters[] = {
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
	       const struct counter *counter)
{
	for (; counter->name; counter++)
		if (json_object_set_new(stats, counter->name,
					json_integer((json_int_t)
						attrs_number(attrs,
							     counter->attr))))
			return -ENOMEM;
	return 0;
}

int kmod_parse_stats(const struct nlmsghdr *nlh, void *stats)
{
	json_t *slow = json_object();
	struct attrs attrs;

	attrs_parse(nlh, &attrs);
	if (put(stats, &attrs, counters) ||
	    json_object_set_new(stats, "slow", slow) ||
	    put(slow, &attrs, slow_counters))
		return -ENOMEM;
	return 0;
}

int kmod_stats(struct kmod *kmod, json_t **stats, struct err *err)
{
	json_t *all = json_object();
	int rc;

	if (!all)
		return err_set(err, -ENOMEM, NULL, "dnatd is out of memory");
	rc = kmod_get(kmod, DNAT_CMD_STATS_GET, kmod_parse_stats, all, err);
	if (rc)
		json_decref(all);
	else
		*stats = all;
	return rc;
}
