// SPDX-License-Identifier: GPL-2.0-only
/*
 * Do two processors ever get the same vdport?
 *
 * A thread on each processor takes ports of a small and of a large pool and
 * gives them back, at random.  A bitmap, which knows nothing of pools, tells
 * who has what.  The verdict is one line of the log.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "counter.c"
#include "pool.c"
#include "vdport.c"
#include "vip.c"

#define RACE_OWNER ((struct dnat_conn *)&race_owner)

static unsigned int count = 1000000;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "ports taken and given back, all threads together");

static u8 race_owner[8];

/* A pool, and what must be true of its ports. */
struct race_pool {
	struct dnat_vdports vdports;
	struct dnat_pool *pool;
	struct dnat_range range;
	DECLARE_BITMAP(busy, 65536);
	u32 last_seq[65536];	/* what each was given back with */
	u8 giver[65536];	/* which thread did that, from 1 on */
};

static struct race_pool *race_pools;	/* RACE_POOLS of them */

enum {
	RACE_SMALL,
	RACE_LARGE,
	RACE_POOLS,
};

static const struct dnat_range race_ranges[RACE_POOLS] = {
	/* across the border of two chunks, and too few for two who want more */
	[RACE_SMALL] = { 5120 - 20, 5120 + 19 },
	[RACE_LARGE] = { DNAT_PORT_MIN_DEFAULT, DNAT_PORT_MAX_DEFAULT },
};

struct race_held {
	u16 port[65536];
	unsigned int n;
};

struct race_thread {
	struct race_held held[RACE_POOLS];
	struct rnd_state rnd;
	struct task_struct *task;
	struct completion done;
	unsigned int operations;
	u8 number;
	/* what it came across */
	unsigned long taken;
	unsigned long given;
	unsigned long empty;	/* the pool had no port */
	unsigned long moved;	/* another thread had the port before */
	unsigned long twice;	/* somebody had it still */
	unsigned long wrong;	/* not as it was given back, or not its own */
};

static struct race_thread *race_threads;
static unsigned int race_n_threads;
static atomic_t race_ready;

static void race_take(struct race_thread *thread, unsigned int index)
{
	struct race_held *held = &thread->held[index];
	struct race_pool *pool = &race_pools[index];
	u32 last_seq;
	int port;

	port = dnat_vdport_take(pool->pool, RACE_OWNER);
	if (port < 0) {
		thread->empty++;
		return;
	}
	thread->taken++;
	if (test_and_set_bit(port, pool->busy)) {
		thread->twice++;
		return;
	}
	if (port < pool->range.min || port > pool->range.max)
		thread->wrong++;
	if (pool->giver[port]) {
		dnat_vdport_recall(pool->pool, port, &last_seq);
		thread->wrong += last_seq != pool->last_seq[port];
		thread->moved += pool->giver[port] != thread->number;
	}
	held->port[held->n++] = port;
}

static void race_give(struct race_thread *thread, unsigned int index)
{
	struct race_held *held = &thread->held[index];
	struct race_pool *pool = &race_pools[index];
	unsigned int i = prandom_u32_state(&thread->rnd) % held->n;
	u32 last_seq = prandom_u32_state(&thread->rnd);
	u16 port = held->port[i];

	held->port[i] = held->port[--held->n];
	/* one in eight was not used: its memory stays as it is */
	if (last_seq % 8 || !pool->giver[port]) {
		pool->last_seq[port] = last_seq;
		pool->giver[port] = thread->number;
		thread->wrong += !test_and_clear_bit(port, pool->busy);
		dnat_vdport_give(pool->pool, port, last_seq, (u32)jiffies);
	} else {
		thread->wrong += !test_and_clear_bit(port, pool->busy);
		dnat_vdport_skip(pool->pool, port);
	}
	thread->given++;
}

/* The fill goes up and down, each pool's in its own time. */
static bool race_takes(struct race_thread *thread, unsigned int index,
		      unsigned int i)
{
	bool rising = i >> (index == RACE_LARGE ? 16 : 8) & 1;

	if (!thread->held[index].n)
		return true;
	return prandom_u32_state(&thread->rnd) % 100 < (rising ? 70 : 30);
}

static int race_run(void *arg)
{
	struct race_thread *thread = arg;
	unsigned int i, index;

	atomic_inc(&race_ready);
	while (atomic_read(&race_ready) < race_n_threads)
		cond_resched();

	for (i = 0; i < thread->operations; i++) {
		index = prandom_u32_state(&thread->rnd) % RACE_POOLS;
		if (race_takes(thread, index, i))
			race_take(thread, index);
		else
			race_give(thread, index);
		if (i % 256 == 0)
			cond_resched();
	}
	for (index = 0; index < RACE_POOLS; index++) {
		while (thread->held[index].n)
			race_give(thread, index);
		cond_resched();
	}
	/* the module may be gone before this thread is */
	kthread_complete_and_exit(&thread->done, 0);
}

/* One after the other: is every port of the pool there, and once only? */
static unsigned long race_pool_wrong(struct race_pool *pool)
{
	unsigned int all = pool->range.max - pool->range.min + 1;
	unsigned int n = 0, wrong = pool->pool->taken;
	int port;

	while ((port = dnat_vdport_take(pool->pool, RACE_OWNER)) > 0) {
		wrong += test_and_set_bit(port, pool->busy);
		n++;
		cond_resched();
	}
	for (port = pool->range.min; port <= pool->range.max; port++)
		if (test_and_clear_bit(port, pool->busy))
			dnat_vdport_give(pool->pool, port, 0,
					 dnat_forgotten());
	return wrong + (n != all) + pool->pool->taken;
}

/* There are no connections here. */
static void no_begin(struct work_struct *work)
{
}

static int race_pool_init(struct race_pool *pool, struct dnat_range range)
{
	static const struct dnat_pool_key key = {
		.bport = htons(8080),
		.l3num = NFPROTO_IPV4,
		.l4proto = IPPROTO_TCP,
	};
	int err;

	err = dnat_vdports_init(&pool->vdports, no_begin);
	if (err)
		return err;
	pool->range = range;
	dnat_vdports_set_range(&pool->vdports, range);
	rcu_read_lock();
	pool->pool = dnat_pool_get(&pool->vdports, &key);
	rcu_read_unlock();
	if (!IS_ERR(pool->pool))
		return 0;
	dnat_vdports_clean(&pool->vdports);
	return PTR_ERR(pool->pool);
}

static void race_pool_clean(struct race_pool *pool)
{
	dnat_pool_put(pool->pool);
	dnat_vdports_clean(&pool->vdports);
}

static int race_thread_create(struct race_thread *thread, unsigned int number,
			     unsigned int cpu)
{
	thread->number = number + 1;
	thread->operations = count / race_n_threads;
	init_completion(&thread->done);
	prandom_seed_state(&thread->rnd, thread->number);
	thread->task = kthread_create_on_cpu(race_run, thread, cpu, "dnat_smp/%u");
	return PTR_ERR_OR_ZERO(thread->task);
}

static int race_threads_run(void)
{
	unsigned int number = 0, cpu;
	int err = 0;

	for_each_online_cpu(cpu) {
		err = race_thread_create(&race_threads[number], number, cpu);
		if (err)
			break;
		number++;
	}
	if (err) {
		while (number--)
			kthread_stop(race_threads[number].task);
		return err;
	}
	for (number = 0; number < race_n_threads; number++)
		wake_up_process(race_threads[number].task);
	/* in short waits: one long one is reported as a hung task */
	for (number = 0; number < race_n_threads; number++)
		while (!wait_for_completion_timeout(&race_threads[number].done,
						    HZ))
			;
	return 0;
}

static void race_verdict(void)
{
	unsigned long taken = 0, given = 0, empty = 0, moved = 0;
	unsigned long twice = 0, wrong = 0;
	unsigned int i;

	for (i = 0; i < race_n_threads; i++) {
		taken += race_threads[i].taken;
		given += race_threads[i].given;
		empty += race_threads[i].empty;
		moved += race_threads[i].moved;
		twice += race_threads[i].twice;
		wrong += race_threads[i].wrong;
	}
	for (i = 0; i < RACE_POOLS; i++)
		wrong += race_pool_wrong(&race_pools[i]);
	pr_info("dnat_smp: processors %u taken %lu given %lu empty %lu moved %lu twice %lu wrong %lu\n",
		race_n_threads, taken, given, empty, moved, twice, wrong);
}

static int race_pools_run(void)
{
	int i, err;

	err = dnat_vdport_setup();
	if (err)
		return err;
	for (i = 0; i < RACE_POOLS; i++) {
		err = race_pool_init(&race_pools[i], race_ranges[i]);
		if (err)
			goto out;
	}
	err = race_threads_run();
	if (!err)
		race_verdict();
out:
	while (i--)
		race_pool_clean(&race_pools[i]);
	rcu_barrier();
	dnat_vdport_teardown();
	return err;
}

static int __init race_init(void)
{
	int err = -ENOMEM;

	cpus_read_lock();
	race_n_threads = num_online_cpus();
	race_pools = vzalloc(array_size(RACE_POOLS, sizeof(*race_pools)));
	race_threads = vzalloc(array_size(race_n_threads, sizeof(*race_threads)));
	if (race_pools && race_threads)
		err = race_pools_run();
	vfree(race_threads);
	vfree(race_pools);
	cpus_read_unlock();
	return err;
}

static void __exit race_exit(void)
{
}

module_init(race_init);
module_exit(race_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Tests nf_double_nat's vdports on several processors at once");
