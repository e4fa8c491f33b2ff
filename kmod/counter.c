// SPDX-License-Identifier: GPL-2.0-only
#include <linux/rculist.h>
#include <linux/slab.h>

#include "counter.h"

static const struct rhashtable_params dnat_counter_params = {
	.head_offset = offsetof(struct dnat_counter, node),
	.key_offset = offsetof(struct dnat_counter, key),
	.key_len = sizeof(struct dnat_counter_key),
	.automatic_shrinking = true,
};

static struct dnat_counter *dnat_counter_find(struct dnat_counters *counters,
					      const struct dnat_pool_key *key,
					      __be16 vport)
{
	const struct dnat_counter_key whole = { .pool = *key, .vport = vport };

	return rhashtable_lookup(&counters->table, &whole, dnat_counter_params);
}

static struct dnat_counter *dnat_counter_alloc(struct dnat_counters *counters,
					       const struct dnat_pool_key *key,
					       __be16 vport)
{
	struct dnat_counter *counter;
	struct dnat_count *part;
	int cpu;

	if (!dnat_block_get(counters->blocks))
		return NULL;
	counter = kzalloc(sizeof(*counter), DNAT_GFP_PACKET);
	if (!counter)
		goto err_block;
	counter->count = __alloc_percpu_gfp(sizeof(struct dnat_count),
					    __alignof__(struct dnat_count),
					    DNAT_GFP_PACKET);
	if (!counter->count)
		goto err_counter;
	for_each_possible_cpu(cpu) {
		part = per_cpu_ptr(counter->count, cpu);
		u64_stats_init(&part->sync);
		part->counter = counter;
	}
	counter->key.pool = *key;
	counter->key.vport = vport;
	counter->counters = counters;
	counter->blocks = counters->blocks;
	refcount_set(&counter->users, 2);
	return counter;

err_counter:
	kfree(counter);
err_block:
	dnat_block_put(counters->blocks);
	return NULL;
}

static void dnat_counter_free(struct dnat_counter *counter)
{
	dnat_block_put(counter->blocks);
	free_percpu(counter->count);
	kfree(counter);
}

static void dnat_counter_free_rcu(struct rcu_head *rcu)
{
	dnat_counter_free(container_of(rcu, struct dnat_counter, rcu));
}

/* Return: @fresh; the counter that is in the table already, with a reference;
 * or NULL if the service was removed, there are too many counters, or the table
 * cannot take it now
 */
static struct dnat_counter *dnat_counter_insert(struct dnat_counters *counters,
						struct dnat_service *service,
						struct dnat_counter *fresh)
{
	struct dnat_counter *counter = NULL;

	/* users >= 1 for every counter in the table while the lock is held */
	spin_lock_bh(&counters->lock);
	if (service->gone || counters->n >= DNAT_COUNTERS_MAX)
		goto unlock;
	counter = rhashtable_lookup_get_insert_fast(&counters->table,
						    &fresh->node,
						    dnat_counter_params);
	if (!counter) {
		counter = fresh;
		counters->n++;
		list_add_tail_rcu(&fresh->list, &counters->list);
		list_add(&fresh->service_node, &service->counters);
	} else if (IS_ERR(counter)) {
		counter = NULL;
	} else {
		refcount_inc(&counter->users);
	}
unlock:
	spin_unlock_bh(&counters->lock);
	return counter;
}

static struct dnat_counter *dnat_counter_new(struct dnat_counters *counters,
					     struct dnat_service *service,
					     const struct dnat_pool_key *key,
					     __be16 vport)
{
	struct dnat_counter *counter, *fresh;

	/* Per-CPU memory without waiting runs out now and then, and asking for
	 * it takes a global lock: do not ask again in the same tick.
	 */
	if (READ_ONCE(counters->n) >= DNAT_COUNTERS_MAX ||
	    READ_ONCE(counters->failed) == (u32)jiffies)
		return NULL;
	fresh = dnat_counter_alloc(counters, key, vport);
	if (!fresh) {
		WRITE_ONCE(counters->failed, (u32)jiffies);
		return NULL;
	}
	counter = dnat_counter_insert(counters, service, fresh);
	if (counter != fresh)
		dnat_counter_free(fresh);
	return counter;
}

static bool dnat_counter_use(struct dnat_counter *counter)
{
	return !READ_ONCE(counter->gone) &&
	       refcount_inc_not_zero(&counter->users);
}

/* Cache @counter in its pool, where most connections then find it: most pools
 * are used by one service only.
 */
static void dnat_counter_keep(struct dnat_pool *pool,
			      struct dnat_counter *counter)
{
	struct dnat_counter *kept = rcu_dereference(pool->counter);

	if ((kept && !READ_ONCE(kept->gone)) || !dnat_counter_use(counter))
		return;
	kept = unrcu_pointer(xchg(&pool->counter, RCU_INITIALIZER(counter)));
	if (kept)
		dnat_counter_put(kept);
}

/**
 * dnat_counter_get - the counter for a new connection
 * @counters: of its netns
 * @pool: that its vdport will come from, in use
 * @vport: service port, network byte order
 *
 * Context: softirq or process, under rcu_read_lock().
 * Return: the counter, for dnat_counter_put(); NULL if the port is not named,
 *	without memory, or if there are too many counters
 */
struct dnat_counter *dnat_counter_get(struct dnat_counters *counters,
				      struct dnat_pool *pool, __be16 vport)
{
	struct dnat_counter *counter = rcu_dereference(pool->counter);
	struct dnat_service *service;

	if (counter && counter->key.vport == vport && dnat_counter_use(counter))
		return counter;

	service = dnat_vip_service(pool->vip, ntohs(vport));
	if (!service)
		return NULL;
	counter = dnat_counter_find(counters, &pool->key, vport);
	if (!counter || !dnat_counter_use(counter))
		counter = dnat_counter_new(counters, service, &pool->key,
					   vport);
	if (counter)
		dnat_counter_keep(pool, counter);
	return counter;
}

static void dnat_counter_put_locked(struct dnat_counter *counter)
{
	lockdep_assert_held(&counter->counters->lock);

	if (!refcount_dec_and_test(&counter->users))
		return;
	list_del_rcu(&counter->list);
	counter->counters->n--;
	call_rcu(&counter->rcu, dnat_counter_free_rcu);
}

/**
 * dnat_counter_put - drop a reference to a counter
 * @counter: from dnat_counter_get()
 *
 * Context: any but hard interrupt.
 */
void dnat_counter_put(struct dnat_counter *counter)
{
	struct dnat_counters *counters = counter->counters;

	if (refcount_dec_not_one(&counter->users))
		return;
	spin_lock_bh(&counters->lock);
	dnat_counter_put_locked(counter);
	spin_unlock_bh(&counters->lock);
}

/* Count a connection that got a vdport.  Context: any but hard interrupt. */
void dnat_count_begun(struct dnat_count __percpu *count)
{
	struct dnat_count *mine;

	if (!count)
		return;
	local_bh_disable();
	mine = this_cpu_ptr(count);
	u64_stats_update_begin(&mine->sync);
	u64_stats_inc(&mine->begun);
	u64_stats_update_end(&mine->sync);
	local_bh_enable();
}

/* Count the end of such a connection.  Context: any but hard interrupt. */
void dnat_count_ended(struct dnat_count __percpu *count)
{
	struct dnat_count *mine;

	if (!count)
		return;
	local_bh_disable();
	mine = this_cpu_ptr(count);
	u64_stats_update_begin(&mine->sync);
	u64_stats_inc(&mine->ended);
	u64_stats_update_end(&mine->sync);
	local_bh_enable();
}

/**
 * dnat_counter_no_memory - count a connection refused for lack of memory
 * @counters: of its netns
 * @key: of the pool that its vdport would have come from
 * @vport: service port, network byte order
 *
 * Does nothing if the service has no counter for the backend.
 *
 * Context: softirq, under rcu_read_lock().
 */
void dnat_counter_no_memory(struct dnat_counters *counters,
			    const struct dnat_pool_key *key, __be16 vport)
{
	struct dnat_counter *counter = dnat_counter_find(counters, key, vport);

	if (counter)
		atomic64_inc(&counter->no_memory);
}

/**
 * dnat_counter_read - sum up the parts of all CPUs
 * @counter: in use, or under rcu_read_lock()
 * @sum: result
 *
 * Context: process.
 */
void dnat_counter_read(const struct dnat_counter *counter,
		       struct dnat_counter_sum *sum)
{
	const struct dnat_count *part;
	struct dnat_counter_sum one;
	unsigned int start;
	int cpu, dir;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		part = per_cpu_ptr(counter->count, cpu);
		do {
			start = u64_stats_fetch_begin(&part->sync);
			for (dir = 0; dir < IP_CT_DIR_MAX; dir++) {
				one.packets[dir] =
					u64_stats_read(&part->packets[dir]);
				one.bytes[dir] =
					u64_stats_read(&part->bytes[dir]);
			}
			one.ended = u64_stats_read(&part->ended);
			one.begun = u64_stats_read(&part->begun);
		} while (u64_stats_fetch_retry(&part->sync, start));
		for (dir = 0; dir < IP_CT_DIR_MAX; dir++) {
			sum->packets[dir] += one.packets[dir];
			sum->bytes[dir] += one.bytes[dir];
		}
		sum->begun += one.begun;
		sum->ended += one.ended;
	}
}

/**
 * dnat_counters_drop - remove the counters of a service
 * @counters: of its netns
 * @service: from dnat_vip_port_del(); freed by the caller
 *
 * Context: process.
 */
void dnat_counters_drop(struct dnat_counters *counters,
			struct dnat_service *service)
{
	struct dnat_counter *counter, *next;

	spin_lock_bh(&counters->lock);
	service->gone = true;
	list_for_each_entry_safe(counter, next, &service->counters,
				 service_node) {
		list_del(&counter->service_node);
		WRITE_ONCE(counter->gone, true);
		rhashtable_remove_fast(&counters->table, &counter->node,
				       dnat_counter_params);
		dnat_counter_put_locked(counter);
	}
	spin_unlock_bh(&counters->lock);
}

/**
 * dnat_counters_init - set up the counters of a netns
 * @counters: embedded in a netns's state
 *
 * Context: process.
 * Return: 0 or a negative errno
 */
int dnat_counters_init(struct dnat_counters *counters)
{
	spin_lock_init(&counters->lock);
	INIT_LIST_HEAD(&counters->list);
	counters->n = 0;
	counters->failed = (u32)jiffies - 1;
	return rhashtable_init(&counters->table, &dnat_counter_params);
}

static void dnat_counter_clean(void *ptr, void *arg)
{
	struct dnat_counter *counter = ptr;

	call_rcu(&counter->rcu, dnat_counter_free_rcu);
}

/**
 * dnat_counters_clean - undo dnat_counters_init()
 * @counters: no connection and no pool is left
 *
 * Counters are freed by call_rcu().
 *
 * Context: process.
 */
void dnat_counters_clean(struct dnat_counters *counters)
{
	rhashtable_free_and_destroy(&counters->table, dnat_counter_clean, NULL);
}
