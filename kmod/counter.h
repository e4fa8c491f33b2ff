/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters: the traffic between the clients of a service and one backend.
 *
 * Only services that dnatd has named (vip.h) have counters, so packets to other
 * ports allocate none.  A counter is made for the first connection to a
 * backend, and is removed when the service is removed; so it outlives a restart
 * of dnatd.  A connection uses the same counter until it ends, even if its
 * service is removed or added again meanwhile.
 */
#ifndef DNAT_COUNTER_H
#define DNAT_COUNTER_H

#include <linux/atomic.h>
#include <linux/bottom_half.h>
#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>
#include <net/netfilter/nf_conntrack_tuple.h>

#include "vdport.h"

/* The limit for a network namespace, so that rules that choose many backends
 * cannot fill the memory.  Connections above it are not counted.
 */
#define DNAT_COUNTERS_MAX 131072

struct dnat_counters {
	struct rhashtable table;
	spinlock_t lock;	/* @list, @n, changes of @table, and all of
				 * struct dnat_service
				 */
	struct list_head list;	/* oldest first, read under RCU */
	unsigned int n;		/* length of @list */
	u32 failed;		/* jiffies of the last failed allocation */
	struct dnat_blocks *blocks;	/* see limit.h; NULL: no limit */
};

/* Hashed as bytes: fill with zeros first. */
struct dnat_counter_key {
	struct dnat_pool_key pool;
	__be16 vport;
	u16 zero;
};

/* One CPU's part of a counter.  Only that CPU writes it, with bottom halves
 * disabled.
 */
struct dnat_count {
	u64_stats_t packets[IP_CT_DIR_MAX];
	u64_stats_t bytes[IP_CT_DIR_MAX];	/* from the IP header on */
	u64_stats_t begun;
	u64_stats_t ended;
	struct dnat_counter *counter;		/* that this is a part of */
	struct u64_stats_sync sync;
} ____cacheline_aligned_in_smp;

struct dnat_counter {
	struct rhash_head node;
	struct dnat_counter_key key;
	struct dnat_count __percpu *count;
	refcount_t users;	/* connections, pools, dumps, and the table */
	bool gone;		/* not in the table; under counters->lock */
	struct dnat_counters *counters;
	struct dnat_blocks *blocks;	/* that its block is from */
	struct list_head list;		/* in counters->list */
	struct list_head service_node;	/* in dnat_service.counters */
	atomic64_t exhausted;
	atomic64_t no_memory;
	atomic64_t taken_back;
	atomic64_t unanswered;
	struct rcu_head rcu;
};

/* The sum over all CPUs. */
struct dnat_counter_sum {
	u64 packets[IP_CT_DIR_MAX];
	u64 bytes[IP_CT_DIR_MAX];
	u64 begun;
	u64 ended;
};

/**
 * dnat_count_packet - count a forwarded packet
 * @count: of its connection, or NULL
 * @dir: the packet's direction
 * @len: bytes, from the IP header on
 *
 * Context: softirq, or process with bottom halves off.
 */
static __always_inline void dnat_count_packet(struct dnat_count __percpu *count,
					      enum ip_conntrack_dir dir,
					      unsigned int len)
{
	struct dnat_count *mine;

	if (!count)
		return;
	mine = this_cpu_ptr(count);
	u64_stats_update_begin(&mine->sync);
	u64_stats_inc(&mine->packets[dir]);
	u64_stats_add(&mine->bytes[dir], len);
	u64_stats_update_end(&mine->sync);
}

/* Return: the counter that @count is a part of, or NULL */
static inline struct dnat_counter *
dnat_counter_of(struct dnat_count __percpu *count)
{
	return count ? raw_cpu_read(count->counter) : NULL;
}

int dnat_counters_init(struct dnat_counters *counters);
void dnat_counters_clean(struct dnat_counters *counters);
void dnat_counters_drop(struct dnat_counters *counters,
			struct dnat_service *service);

struct dnat_counter *dnat_counter_get(struct dnat_counters *counters,
				      struct dnat_pool *pool, __be16 vport);
void dnat_counter_put(struct dnat_counter *counter);

void dnat_count_begun(struct dnat_count __percpu *count);
void dnat_count_ended(struct dnat_count __percpu *count);
void dnat_counter_no_memory(struct dnat_counters *counters,
			    const struct dnat_pool_key *key, __be16 vport);
void dnat_counter_read(const struct dnat_counter *counter,
		       struct dnat_counter_sum *sum);

#endif /* DNAT_COUNTER_H */
