// SPDX-License-Identifier: GPL-2.0-only
/*
 * counter.c against a model that is too simple to be wrong: an array of the
 * sums for each service and backend since the service was named last.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/vmalloc.h>

#include "counter.c"
#include "pool.c"
#include "vdport.c"
#include "vip.c"

#define DNAT_TEST_ROUNDS 200000
#define DNAT_TEST_POOLS 6
#define DNAT_TEST_PORTS 5
#define DNAT_TEST_CONNS 64

/* A service and a backend, while the service is named. */
struct model {
	struct dnat_counter *counter;	/* NULL: not made yet */
	struct dnat_counter_sum sum;
};

struct conn {
	struct dnat_counter *counter;
	int pool;			/* -1: no connection */
	int port;
	bool gone;			/* the service was removed since */
};

struct ctx {
	struct dnat_counters counters;
	struct dnat_vdports vdports;
	struct dnat_pool *pool[DNAT_TEST_POOLS];
	bool named[DNAT_TEST_PORTS];
	struct model model[DNAT_TEST_POOLS][DNAT_TEST_PORTS];
	struct conn conn[DNAT_TEST_CONNS];
	struct rnd_state rnd;
};

static const struct dnat_vip_key dnat_test_vip = {
	.addr.all = { 1 },
	.l3num = NFPROTO_IPV4,
	.l4proto = IPPROTO_TCP,
};

static u32 pick(struct ctx *ctx, u32 n)
{
	return prandom_u32_state(&ctx->rnd) % n;
}

static void no_begin(struct work_struct *work)
{
}

static int ctx_init(struct kunit *test)
{
	struct dnat_pool_key key = {
		.vip = dnat_test_vip.addr,
		.l3num = dnat_test_vip.l3num,
		.l4proto = dnat_test_vip.l4proto,
	};
	struct ctx *ctx = vzalloc(sizeof(*ctx));
	int i;

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	prandom_seed_state(&ctx->rnd, 3);
	KUNIT_ASSERT_EQ(test, dnat_counters_init(&ctx->counters), 0);
	KUNIT_ASSERT_EQ(test, dnat_vdports_init(&ctx->vdports, no_begin), 0);
	for (i = 0; i < DNAT_TEST_POOLS; i++) {
		key.bip.all[0] = i + 1;
		rcu_read_lock();
		ctx->pool[i] = dnat_pool_get(&ctx->vdports, &key);
		rcu_read_unlock();
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->pool[i]);
	}
	for (i = 0; i < DNAT_TEST_CONNS; i++)
		ctx->conn[i].pool = -1;
	return 0;
}

static void ctx_exit(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	int i;

	for (i = 0; i < DNAT_TEST_POOLS; i++)
		dnat_pool_put(ctx->pool[i]);
	dnat_vdports_clean(&ctx->vdports);
	dnat_counters_clean(&ctx->counters);
	rcu_barrier();
	vfree(ctx);
}

static struct dnat_counter *get(struct ctx *ctx, int pool, int port)
{
	struct dnat_counter *counter;

	rcu_read_lock();
	counter = dnat_counter_get(&ctx->counters, ctx->pool[pool],
				   htons(port + 1));
	rcu_read_unlock();
	return counter;
}

/* Retry: without waiting, per-CPU memory may not be available at once. */
static struct dnat_counter *get_patiently(struct ctx *ctx, int pool, int port)
{
	struct dnat_counter *counter = get(ctx, pool, port);
	int tries;

	for (tries = 0; !counter && ctx->named[port] && tries < 1000; tries++) {
		rcu_barrier();
		msleep(1);
		counter = get(ctx, pool, port);
	}
	return counter;
}

static void name(struct kunit *test, int port)
{
	struct ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, dnat_vip_port_add(&ctx->vdports.vips,
						&dnat_test_vip, port + 1), 0);
	ctx->named[port] = true;
}

static void unname(struct kunit *test, int port)
{
	struct ctx *ctx = test->priv;
	struct dnat_service *service;
	int i;

	service = dnat_vip_port_del(&ctx->vdports.vips, &dnat_test_vip,
				    port + 1);
	KUNIT_ASSERT_NOT_NULL(test, service);
	dnat_counters_drop(&ctx->counters, service);
	kfree_rcu(service, rcu);
	ctx->named[port] = false;
	for (i = 0; i < DNAT_TEST_POOLS; i++)
		memset(&ctx->model[i][port], 0, sizeof(ctx->model[i][port]));
	for (i = 0; i < DNAT_TEST_CONNS; i++)
		if (ctx->conn[i].port == port)
			ctx->conn[i].gone = true;
}

static void begin(struct kunit *test, struct conn *conn)
{
	struct ctx *ctx = test->priv;
	int pool = pick(ctx, DNAT_TEST_POOLS);
	int port = pick(ctx, DNAT_TEST_PORTS);
	struct model *model = &ctx->model[pool][port];
	struct dnat_counter *counter = get_patiently(ctx, pool, port);

	KUNIT_EXPECT_EQ(test, !!counter, ctx->named[port]);
	if (!counter)
		return;
	if (model->counter)
		KUNIT_EXPECT_PTR_EQ(test, counter, model->counter);
	model->counter = counter;
	*conn = (struct conn){ .counter = counter, .pool = pool, .port = port };
	dnat_count_begun(counter->count);
	model->sum.begun++;
}

static void packet(struct kunit *test, struct conn *conn)
{
	struct ctx *ctx = test->priv;
	struct model *model = &ctx->model[conn->pool][conn->port];
	int dir = pick(ctx, IP_CT_DIR_MAX);
	u32 len = pick(ctx, 65536);

	local_bh_disable();
	dnat_count_packet(conn->counter->count, dir, len);
	local_bh_enable();
	if (conn->gone)
		return;
	model->sum.packets[dir]++;
	model->sum.bytes[dir] += len;
}

static void end(struct kunit *test, struct conn *conn)
{
	struct ctx *ctx = test->priv;

	dnat_count_ended(conn->counter->count);
	if (!conn->gone)
		ctx->model[conn->pool][conn->port].sum.ended++;
	dnat_counter_put(conn->counter);
	conn->pool = -1;
}

/* Check the number of counters: each pool may cache a removed service's. */
static void check_number(struct kunit *test)
{
	unsigned int pool, port, i, gone = 0, n = 0;
	struct ctx *ctx = test->priv;

	for (pool = 0; pool < DNAT_TEST_POOLS; pool++)
		for (port = 0; port < DNAT_TEST_PORTS; port++)
			n += !!ctx->model[pool][port].counter;
	for (i = 0; i < DNAT_TEST_CONNS; i++)
		gone += ctx->conn[i].pool >= 0 && ctx->conn[i].gone;
	KUNIT_EXPECT_GE(test, ctx->counters.n, n);
	KUNIT_EXPECT_LE(test, ctx->counters.n, n + gone + DNAT_TEST_POOLS);
}

static void check_sums(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct dnat_counter_sum sum;
	int pool, port;

	for (pool = 0; pool < DNAT_TEST_POOLS; pool++) {
		for (port = 0; port < DNAT_TEST_PORTS; port++) {
			struct model *model = &ctx->model[pool][port];

			if (!model->counter)
				continue;
			dnat_counter_read(model->counter, &sum);
			KUNIT_EXPECT_EQ(test, memcmp(&sum, &model->sum,
						     sizeof(sum)), 0);
		}
	}
}

/* Services and connections are added and removed at random. */
static void test_model(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct conn *conn;
	int i, port;

	for (i = 0; i < DNAT_TEST_ROUNDS; i++) {
		conn = &ctx->conn[pick(ctx, DNAT_TEST_CONNS)];
		port = pick(ctx, DNAT_TEST_PORTS);
		if (!pick(ctx, 100))
			ctx->named[port] ? unname(test, port) :
					   name(test, port);
		else if (conn->pool < 0)
			begin(test, conn);
		else if (pick(ctx, 4))
			packet(test, conn);
		else
			end(test, conn);
		if (!(i % 1000)) {
			check_number(test);
			check_sums(test);
			cond_resched();
		}
	}

	for (i = 0; i < DNAT_TEST_CONNS; i++)
		if (ctx->conn[i].pool >= 0)
			end(test, &ctx->conn[i]);
	check_sums(test);
	for (port = 0; port < DNAT_TEST_PORTS; port++)
		if (ctx->named[port])
			unname(test, port);
	KUNIT_EXPECT_LE(test, ctx->counters.n, DNAT_TEST_POOLS);
}

/* At the limit no counter is made, but existing ones can be used. */
static void test_number_ends(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct dnat_counter *counter;

	name(test, 0);
	counter = get(ctx, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, counter);
	ctx->counters.n += DNAT_COUNTERS_MAX - 1;
	KUNIT_EXPECT_PTR_EQ(test, get(ctx, 1, 0), (struct dnat_counter *)NULL);
	KUNIT_EXPECT_PTR_EQ(test, get(ctx, 0, 0), counter);
	ctx->counters.n -= DNAT_COUNTERS_MAX - 1;
	dnat_counter_put(counter);
	dnat_counter_put(counter);
	unname(test, 0);
}

/* After a failed allocation there is no other one in the same tick. */
static void test_failed(struct kunit *test)
{
	struct dnat_blocks blocks = { .n = ATOMIC_INIT(DNAT_BLOCKS_MAX) };
	struct ctx *ctx = test->priv;
	struct dnat_counter *counter;
	u32 before = (u32)jiffies;

	ctx->counters.blocks = &blocks;
	name(test, 0);
	KUNIT_EXPECT_PTR_EQ(test, get(ctx, 0, 0), (struct dnat_counter *)NULL);
	KUNIT_EXPECT_LE(test, ctx->counters.failed - before, (u32)HZ);
	atomic_dec(&blocks.n);
	before = (u32)jiffies;
	WRITE_ONCE(ctx->counters.failed, before);
	counter = get(ctx, 0, 0);
	KUNIT_EXPECT_TRUE(test, !counter || before != (u32)jiffies);
	if (counter)
		dnat_counter_put(counter);
	counter = get_patiently(ctx, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, counter);
	KUNIT_EXPECT_EQ(test, atomic_read(&blocks.n), DNAT_BLOCKS_MAX);
	dnat_counter_put(counter);
	unname(test, 0);
	dnat_counter_put(unrcu_pointer(xchg(&ctx->pool[0]->counter, NULL)));
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, atomic_read(&blocks.n), DNAT_BLOCKS_MAX - 1);
}

static struct kunit_case dnat_counter_cases[] = {
	KUNIT_CASE(test_model),
	KUNIT_CASE(test_number_ends),
	KUNIT_CASE(test_failed),
	{}
};

static struct kunit_suite dnat_counter_suite = {
	.name = "dnat_counter",
	.init = ctx_init,
	.exit = ctx_exit,
	.test_cases = dnat_counter_cases,
};
kunit_test_suite(dnat_counter_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Tests of nf_double_nat's counters");
