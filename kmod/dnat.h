/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's state of one network namespace, shared by all its files. */
#ifndef DNAT_H
#define DNAT_H

#include <linux/mutex.h>
#include <linux/percpu.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "ahead.h"
#include "counter.h"
#include "pool.h"

/* configure.ac reads the project's version from this line */
#define DNAT_VERSION "0.1.0"

enum dnat_stat {
	DNAT_STAT_TAKEN,
	DNAT_STAT_GIVEN,
	DNAT_STAT_UNCONFIRMED,
	DNAT_STAT_EXHAUSTED,
	DNAT_STAT_NOMEM,
	DNAT_STAT_SKIPPED,
	DNAT_STAT_RECLAIMED,
	DNAT_STAT_UNCOUNTED,
	/* packets to VIPs at prerouting */
	DNAT_STAT_FAST,
	DNAT_STAT_SLOW_OFF,
	DNAT_STAT_SLOW_HEADER,
	DNAT_STAT_SLOW_TTL,
	DNAT_STAT_SLOW_FLAGS,
	DNAT_STAT_SLOW_NEW,
	DNAT_STAT_SLOW_ROUTE,
	DNAT_STAT_SLOW_SIZE,
	DNAT_STAT_SLOW_STATE,
	DNAT_STAT_COUNT
};

struct dnat_stats {
	unsigned long count[DNAT_STAT_COUNT];
};

struct dnat_net {
	struct dnat_vdports vdports;
	struct dnat_ahead ahead;
	struct dnat_counters counters;
	struct rhashtable table;	/* of connections, see table.h */
	struct delayed_work unhelp;	/* see unhelp.h */
	bool tracked;			/* a reference to conntrack's hooks */
	bool fast;			/* setting: the one-lookup path */
	struct dnat_stats __percpu *stats;
	u8 on_exhausted;	/* enum dnat_on_exhausted */
	struct mutex settings;	/* serializes changes of the port range */
};

extern unsigned int dnat_net_id;

/**
 * dnat_pernet - the module's state of a network namespace
 * @net: the namespace
 *
 * Context: any, from the namespace's set-up until its conntracks are gone.
 */
static inline struct dnat_net *dnat_pernet(const struct net *net)
{
	return net_generic(net, dnat_net_id);
}

/* Context: any. */
static inline void dnat_stat_inc(const struct dnat_net *dn, enum dnat_stat stat)
{
	this_cpu_inc(dn->stats->count[stat]);
}

/* Context: softirq. */
static inline void dnat_stat_inc_bh(const struct dnat_net *dn,
				    enum dnat_stat stat)
{
	__this_cpu_inc(dn->stats->count[stat]);
}

/* nat.c: the postrouting hook in every netns. */
bool dnat_nat_alone(const struct net *net);
int dnat_nat_setup(void);
void dnat_nat_teardown(void);

/* netlink.c: the generic netlink family. */
int dnat_netlink_setup(void);
void dnat_netlink_teardown(void);

#endif /* DNAT_H */
