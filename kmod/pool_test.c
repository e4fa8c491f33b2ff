// SPDX-License-Identifier: GPL-2.0-only
/* How much memory pools may use, and when they free it. */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <net/netfilter/nf_conntrack_core.h>

static struct nf_conntrack_tuple_hash *
find_get(struct net *net, const struct nf_conntrack_zone *zone,
	 const struct nf_conntrack_tuple *tuple);

#define nf_conntrack_find_get find_get
#include "ahead.c"
#undef nf_conntrack_find_get
#include "counter.c"
#include "held.c"
#include "pool.c"
#include "vdport.c"
#include "vip.c"

#define DNAT_TEST_OWNER ((struct dnat_conn *)&dnat_test_owner)

static u8 dnat_test_owner[8];

static const struct dnat_pool_key dnat_test_key = {
	.bport = htons(8080),
	.l3num = NFPROTO_IPV4,
	.l4proto = IPPROTO_TCP,
};

/* The mocked conntrack has the tuples of all ports, or of none. */
static struct nf_conn others = { .ct_general.use = REFCOUNT_INIT(1) };
static bool known;

static struct nf_conntrack_tuple_hash *
find_get(struct net *net, const struct nf_conntrack_zone *zone,
	 const struct nf_conntrack_tuple *tuple)
{
	if (!known)
		return NULL;
	nf_conntrack_get(&others.ct_general);
	return &others.tuplehash[IP_CT_DIR_ORIGINAL];
}

int dnat_reclaim_closed(struct dnat_pool *pool)
{
	return -ENOENT;
}

struct ctx {
	struct dnat_vdports vdports;
	struct dnat_pool *pool;
};

static void ctx_range(struct ctx *ctx, u16 min, u16 max)
{
	struct dnat_range range = { min, max };

	dnat_vdports_set_range(&ctx->vdports, range);
}

/* Give a port back whose last packet was just now. */
static void give(struct ctx *ctx, u16 port)
{
	dnat_vdport_give(ctx->pool, port, 0, (u32)jiffies);
}

static int n_begun;

static void begin(struct work_struct *work)
{
	n_begun++;
}

static int ctx_init(struct kunit *test)
{
	struct ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	KUNIT_ASSERT_EQ(test, dnat_vdports_init(&ctx->vdports, begin), 0);
	rcu_read_lock();
	ctx->pool = dnat_pool_get(&ctx->vdports, &dnat_test_key);
	rcu_read_unlock();
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->pool);
	return 0;
}

static void ctx_exit(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	dnat_pool_put(ctx->pool);
	dnat_vdports_clean(&ctx->vdports);
	rcu_barrier();
}

static int chunks_setup(struct kunit_suite *suite)
{
	return dnat_vdport_setup();
}

static void chunks_teardown(struct kunit_suite *suite)
{
	dnat_vdport_teardown();
}

/* Take every port of the pool, so that all chunks are allocated. */
static void take_all(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned int i;

	for (i = 0; i < 64512; i++)
		if (dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER) < 0)
			break;
	KUNIT_ASSERT_EQ(test, i, 64512);
	KUNIT_EXPECT_EQ(test, ctx->pool->made, 504);
}

/* One long connection does not keep the chunks of all others. */
static void test_sweep(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned int port;
	u32 last;

	take_all(test);
	for (port = 1025; port < 65536; port++)
		dnat_vdport_give(ctx->pool, port, port,
				 (u32)jiffies - DNAT_QUIET / 2);
	dnat_vdport_sweep(ctx->pool);
	KUNIT_EXPECT_EQ(test, ctx->pool->made, 504);
	for (port = 0; port < DNAT_CHUNKS; port++)
		if (ctx->pool->chunk[port])
			ctx->pool->chunk[port]->stamp -= DNAT_QUIET / 2;
	dnat_vdport_sweep(ctx->pool);
	KUNIT_EXPECT_EQ(test, ctx->pool->made, 1);
	KUNIT_EXPECT_EQ(test, ctx->pool->absent, 503);
	KUNIT_EXPECT_FALSE(test, dnat_pool_idle(ctx->pool));
	KUNIT_EXPECT_FALSE(test, dnat_vdport_recall(ctx->pool, 1024, &last));
	give(ctx, 1024);
	take_all(test);
	for (port = 1024; port < 65536; port++)
		give(ctx, port);
}

/* A port that no backend remembers can be reused at once, and its chunk is kept
 * for DNAT_REST only.
 */
static void test_forgotten(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	u32 last;
	int port;

	ctx_range(ctx, 5000, 5000);
	port = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);
	KUNIT_ASSERT_EQ(test, port, 5000);
	dnat_vdport_give(ctx->pool, port, 4711, dnat_forgotten());
	dnat_vdport_sweep(ctx->pool);
	KUNIT_EXPECT_EQ(test, ctx->pool->made, 1);
	port = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);
	KUNIT_EXPECT_FALSE(test, dnat_vdport_recall(ctx->pool, port, &last));
	dnat_vdport_give(ctx->pool, port, 4711, dnat_forgotten());
	ctx->pool->chunk[5000 >> DNAT_CHUNK_SHIFT]->stamp -= DNAT_REST;
	dnat_vdport_sweep(ctx->pool);
	KUNIT_EXPECT_EQ(test, ctx->pool->made, 0);
}

/* A pool is freed soon if it has used few of many ports. */
static void test_idle(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	int port;

	port = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);
	KUNIT_ASSERT_GT(test, port, 0);
	KUNIT_EXPECT_FALSE(test, dnat_pool_idle(ctx->pool));
	give(ctx, port);
	KUNIT_EXPECT_FALSE(test, dnat_pool_idle(ctx->pool));
	ctx->pool->idle -= DNAT_REST;
	KUNIT_EXPECT_TRUE(test, dnat_pool_idle(ctx->pool));
	ctx_range(ctx, 5000, 5100);
	KUNIT_EXPECT_FALSE(test, dnat_pool_idle(ctx->pool));
	ctx->pool->stamp -= DNAT_QUIET;
	KUNIT_EXPECT_TRUE(test, dnat_pool_idle(ctx->pool));
}

static struct dnat_pool *pool_of(struct ctx *ctx, unsigned int backend)
{
	struct dnat_pool_key key = dnat_test_key;
	struct dnat_pool *pool;

	key.bip.all[0] = backend;
	rcu_read_lock();
	pool = dnat_pool_get(&ctx->vdports, &key);
	rcu_read_unlock();
	return pool;
}

/* VIPs without a named service can use half of the pools; the others stay for
 * VIPs with one.
 */
static void test_pools_max(struct kunit *test)
{
	const struct dnat_vip_key vip = {
		.l3num = dnat_test_key.l3num,
		.l4proto = dnat_test_key.l4proto,
	};
	struct ctx *ctx = test->priv;
	struct dnat_service *service;
	struct dnat_pool *pool;

	ctx->vdports.n += DNAT_POOLS_MAX / 2 - 2;
	pool = pool_of(ctx, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pool);
	dnat_pool_put(pool);
	KUNIT_EXPECT_EQ(test, PTR_ERR(pool_of(ctx, 2)), -ENOSPC);
	pool = pool_of(ctx, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pool);
	dnat_pool_put(pool);

	KUNIT_EXPECT_EQ(test, dnat_vip_port_add(&ctx->vdports.vips, &vip, 80),
			0);
	pool = pool_of(ctx, 2);
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, pool);
	if (!IS_ERR(pool))
		dnat_pool_put(pool);
	ctx->vdports.n += DNAT_POOLS_MAX / 2 - 1;
	KUNIT_EXPECT_EQ(test, PTR_ERR(pool_of(ctx, 3)), -ENOSPC);
	service = dnat_vip_port_del(&ctx->vdports.vips, &vip, 80);
	KUNIT_ASSERT_NOT_NULL(test, service);
	kfree_rcu(service, rcu);
}

/* Pools and chunks each take one of the shared blocks, and give it back. */
static void test_blocks(struct kunit *test)
{
	struct dnat_blocks blocks = { .n = ATOMIC_INIT(DNAT_BLOCKS_MAX - 3) };
	struct dnat_vdports *vdports = kunit_kzalloc(test, sizeof(*vdports),
						     GFP_KERNEL);
	struct dnat_pool *pool;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, vdports);
	KUNIT_ASSERT_EQ(test, dnat_vdports_init(vdports, begin), 0);
	vdports->vips.blocks = &blocks;
	rcu_read_lock();
	pool = dnat_pool_get(vdports, &dnat_test_key);
	rcu_read_unlock();
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pool);
	for (i = 0; i < 2 * DNAT_CHUNK_SLOTS; i++)
		if (dnat_vdport_take(pool, DNAT_TEST_OWNER) < 0)
			break;
	KUNIT_EXPECT_EQ(test, i, 2 * DNAT_CHUNK_SLOTS);
	KUNIT_EXPECT_EQ(test, dnat_vdport_take(pool, DNAT_TEST_OWNER), -ENOMEM);
	dnat_vip_learn(pool->vip, 80);
	KUNIT_EXPECT_FALSE(test, dnat_vip_is_service(pool->vip, 80));
	atomic_dec(&blocks.n);
	dnat_vip_learn(pool->vip, 80);
	KUNIT_EXPECT_TRUE(test, dnat_vip_is_service(pool->vip, 80));

	for (i = 1024; i < 65536; i++)
		if (pool->chunk[i >> DNAT_CHUNK_SHIFT] &&
		    dnat_slot(pool, i)->owner)
			dnat_vdport_give(pool, i, 0, 0);
	dnat_pool_put(pool);
	dnat_vdports_clean(vdports);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, atomic_read(&blocks.n), DNAT_BLOCKS_MAX - 4);
}

/* A table that cannot take an entry now does not return -ENOMEM. */
static void test_table(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct dnat_pool_key key = dnat_test_key;
	struct rhashtable *vips = &ctx->vdports.vips.table;
	struct rhashtable *pools = &ctx->vdports.pools;
	unsigned int max = pools->max_elems;
	struct dnat_pool *pool;

	pools->max_elems = 1;
	KUNIT_EXPECT_EQ(test, PTR_ERR(pool_of(ctx, 1)), -E2BIG);
	pools->max_elems = max;

	key.vip.all[0] = 1;
	max = vips->max_elems;
	vips->max_elems = 1;
	rcu_read_lock();
	KUNIT_EXPECT_EQ(test, PTR_ERR(dnat_pool_get(&ctx->vdports, &key)),
			-E2BIG);
	rcu_read_unlock();
	vips->max_elems = max;

	pool = pool_of(ctx, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pool);
	dnat_pool_put(pool);
}

/* The period of the checks doubles while ports stay in use by others. */
static void test_ask(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct dnat_pool *pool = ctx->pool;
	u32 period = DNAT_ASK_PERIOD;
	int i, port;

	for (i = 0; i < 32; i++) {
		port = dnat_vdport_take(pool, DNAT_TEST_OWNER);
		KUNIT_ASSERT_GT(test, port, 0);
		dnat_vdport_hold(pool, port);
	}
	KUNIT_EXPECT_EQ(test, pool->ports[DNAT_LIST_HELD].n, 32);
	known = true;
	for (i = 0; i < 16; i++) {
		dnat_ahead_ask(&init_net, pool);
		period = min_t(u32, 2 * period, DNAT_ASK_PERIOD_MAX);
		KUNIT_EXPECT_EQ(test, pool->ask_period, period);
	}
	KUNIT_EXPECT_EQ(test, period, DNAT_ASK_PERIOD_MAX);
	known = false;
	dnat_ahead_ask(&init_net, pool);
	KUNIT_EXPECT_EQ(test, pool->ask_period, DNAT_ASK_PERIOD);
	KUNIT_EXPECT_EQ(test, pool->ports[DNAT_LIST_HELD].n, 0);
}

/* A pool is barren for one tick. */
static void test_barren(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	bool barren;
	u32 tick;

	KUNIT_EXPECT_FALSE(test, dnat_vdport_barren(ctx->pool));
	do {
		tick = (u32)jiffies;
		dnat_vdport_set_barren(ctx->pool, true);
		barren = dnat_vdport_barren(ctx->pool);
	} while (tick != (u32)jiffies);
	KUNIT_EXPECT_TRUE(test, barren);
	dnat_vdport_set_barren(ctx->pool, false);
	KUNIT_EXPECT_FALSE(test, dnat_vdport_barren(ctx->pool));
	dnat_vdport_set_barren(ctx->pool, true);
	msleep(2 * MSEC_PER_SEC / HZ);
	KUNIT_EXPECT_FALSE(test, dnat_vdport_barren(ctx->pool));
}

/* Without pools, a network namespace has no scheduled work. */
static void test_work(struct kunit *test)
{
	struct dnat_vdports *vdports = kunit_kzalloc(test, sizeof(*vdports),
						     GFP_KERNEL);
	struct ctx *ctx = test->priv;
	struct dnat_pool *pool;

	KUNIT_ASSERT_NOT_NULL(test, vdports);
	KUNIT_ASSERT_EQ(test, dnat_vdports_init(vdports, begin), 0);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&vdports->gc));
	flush_work(&ctx->vdports.begin);
	n_begun = 0;
	rcu_read_lock();
	pool = dnat_pool_get(vdports, &dnat_test_key);
	rcu_read_unlock();
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pool);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&vdports->gc));
	flush_work(&vdports->begin);
	KUNIT_EXPECT_EQ(test, n_begun, 1);

	cancel_delayed_work_sync(&vdports->gc);
	dnat_vdports_gc(&vdports->gc.work);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&vdports->gc));
	pool->stamp -= DNAT_QUIET;
	dnat_pool_put(pool);
	cancel_delayed_work_sync(&vdports->gc);
	dnat_vdports_gc(&vdports->gc.work);
	KUNIT_EXPECT_EQ(test, vdports->n, 0);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&vdports->gc));
	dnat_vdports_clean(vdports);
	rcu_barrier();
}

static struct kunit_case dnat_pool_cases[] = {
	KUNIT_CASE(test_sweep),
	KUNIT_CASE(test_forgotten),
	KUNIT_CASE(test_idle),
	KUNIT_CASE(test_pools_max),
	KUNIT_CASE(test_blocks),
	KUNIT_CASE(test_table),
	KUNIT_CASE(test_ask),
	KUNIT_CASE(test_barren),
	KUNIT_CASE(test_work),
	{}
};

static struct kunit_suite dnat_pool_suite = {
	.name = "dnat_pool",
	.suite_init = chunks_setup,
	.suite_exit = chunks_teardown,
	.init = ctx_init,
	.exit = ctx_exit,
	.test_cases = dnat_pool_cases,
};
kunit_test_suite(dnat_pool_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Tests of nf_double_nat's pools");
