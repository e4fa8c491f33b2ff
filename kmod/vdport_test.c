// SPDX-License-Identifier: GPL-2.0-only
/*
 * vdport.c against a model that is too simple to be wrong: an array of what is
 * taken, and a queue of what was given back.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/vmalloc.h>

#include "pool.c"
#include "vdport.c"
#include "vip.c"

#define DNAT_TEST_ROUNDS 1000000
#define DNAT_TEST_OWNER ((struct dnat_conn *)&dnat_test_owner)

static u8 dnat_test_owner[8];

enum {
	FRESH,		/* never taken */
	TAKEN,
	QUEUED,		/* given back */
};

struct model {
	u8 state[65536];
	u16 taken[65536];
	unsigned int n_taken;
	u16 queue[65536];	/* a ring */
	unsigned int head, n_queue;
	struct dnat_range range;
	unsigned int n_fresh;	/* in the range */
};

static const struct dnat_pool_key dnat_test_key = {
	.bport = htons(8080),
	.l3num = NFPROTO_IPV4,
	.l4proto = IPPROTO_TCP,
};

static bool in_model_range(const struct model *m, unsigned int port)
{
	return port >= m->range.min && port <= m->range.max;
}

static void model_range(struct model *m, u16 min, u16 max)
{
	unsigned int port;

	m->range.min = min;
	m->range.max = max;
	m->n_fresh = 0;
	for (port = min; port <= max; port++)
		m->n_fresh += m->state[port] == FRESH;
}

static void model_put(struct model *m, u16 port)
{
	m->state[port] = QUEUED;
	m->queue[(m->head + m->n_queue++) % 65536] = port;
}

/* Is @port what the model would hand out? */
static bool model_take(struct model *m, int port)
{
	if (port < 0)
		return !m->n_fresh && !m->n_queue;
	if (!in_model_range(m, port))
		return false;
	if (m->n_fresh) {
		if (m->state[port] != FRESH)
			return false;
		m->n_fresh--;
	} else {
		if (!m->n_queue || m->queue[m->head] != port)
			return false;
		m->head = (m->head + 1) % 65536;
		m->n_queue--;
	}
	m->state[port] = TAKEN;
	m->taken[m->n_taken++] = port;
	return true;
}

static u16 model_pick_taken(struct model *m, struct rnd_state *rnd)
{
	unsigned int i = prandom_u32_state(rnd) % m->n_taken;
	u16 port = m->taken[i];

	m->taken[i] = m->taken[--m->n_taken];
	return port;
}

struct ctx {
	struct dnat_vdports vdports;
	struct model model;
	struct rnd_state rnd;
	struct dnat_pool *pool;
};

static void ctx_range(struct ctx *ctx, u16 min, u16 max)
{
	struct dnat_range range = { min, max };

	dnat_vdports_set_range(&ctx->vdports, range);
	model_range(&ctx->model, min, max);
}

static int ctx_init(struct kunit *test)
{
	struct ctx *ctx = vzalloc(sizeof(*ctx));

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	KUNIT_ASSERT_EQ(test, dnat_vdports_init(&ctx->vdports), 0);
	prandom_seed_state(&ctx->rnd, 1);
	rcu_read_lock();
	ctx->pool = dnat_pool_get(&ctx->vdports, &dnat_test_key);
	rcu_read_unlock();
	KUNIT_ASSERT_NOT_NULL(test, ctx->pool);
	ctx_range(ctx, DNAT_PORT_MIN_DEFAULT, DNAT_PORT_MAX_DEFAULT);
	test->priv = ctx;
	return 0;
}

static void ctx_exit(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	while (ctx->model.n_taken)
		dnat_vdport_give(ctx->pool,
				 model_pick_taken(&ctx->model, &ctx->rnd), 0);
	dnat_pool_put(ctx->pool);
	dnat_vdports_clean(&ctx->vdports);
	rcu_barrier();
	vfree(ctx);
}

static bool ctx_take(struct ctx *ctx)
{
	return model_take(&ctx->model,
			  dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER));
}

static void ctx_give(struct ctx *ctx)
{
	u16 port = model_pick_taken(&ctx->model, &ctx->rnd);

	dnat_vdport_give(ctx->pool, port, port);
	model_put(&ctx->model, port);
}

/* Every port once, and the next one is the first that fails. */
static void test_all(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned int i;

	for (i = 0; i < 64512; i++)
		if (!ctx_take(ctx))
			break;
	KUNIT_EXPECT_EQ(test, i, 64512);
	KUNIT_EXPECT_EQ(test, dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER),
			-ENOSPC);
}

static void test_range_1_65535(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned int i;

	ctx_range(ctx, 1, 65535);
	for (i = 0; i < 65535; i++)
		if (!ctx_take(ctx))
			break;
	KUNIT_EXPECT_EQ(test, i, 65535);
	KUNIT_EXPECT_EQ(test, dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER),
			-ENOSPC);
}

/* Any mixture, with the fill going up and down. */
static void test_random(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned int i, bias = 0;

	for (i = 0; i < DNAT_TEST_ROUNDS; i++) {
		if (i % 50000 == 0)
			bias = prandom_u32_state(&ctx->rnd) % 100;
		if (!ctx->model.n_taken ||
		    prandom_u32_state(&ctx->rnd) % 100 >= bias) {
			if (!ctx_take(ctx))
				break;
		} else {
			ctx_give(ctx);
		}
	}
	KUNIT_EXPECT_EQ(test, i, DNAT_TEST_ROUNDS);
	KUNIT_EXPECT_EQ(test, ctx->pool->taken, ctx->model.n_taken);
}

/* Ranges come and go; only what the model cannot be asked is left out: the
 * order in which ports come back into the range.
 */
static void test_ranges(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned int round, i, n;
	int port;

	for (round = 0; round < 200; round++) {
		u16 a = prandom_u32_state(&ctx->rnd) % 65535 + 1;
		u16 b = prandom_u32_state(&ctx->rnd) % 65535 + 1;

		ctx_range(ctx, min(a, b), max(a, b));
		n = prandom_u32_state(&ctx->rnd) % 2000;
		for (i = 0; i < n; i++) {
			port = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);
			if (port < 0)
				break;
			if (!in_model_range(&ctx->model, port) ||
			    ctx->model.state[port] == TAKEN) {
				KUNIT_FAIL(test, "port %d", port);
				return;
			}
			ctx->model.state[port] = TAKEN;
			ctx->model.taken[ctx->model.n_taken++] = port;
		}
		n = min(n, ctx->model.n_taken);
		for (i = 0; i < n; i++) {
			port = model_pick_taken(&ctx->model, &ctx->rnd);
			dnat_vdport_give(ctx->pool, port, 0);
			ctx->model.state[port] = QUEUED;
		}
	}
	/* nothing was lost on the way */
	while (ctx->model.n_taken)
		dnat_vdport_give(ctx->pool,
				 model_pick_taken(&ctx->model, &ctx->rnd), 0);
	ctx_range(ctx, 1, 65535);
	for (n = 0; dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER) > 0; n++)
		;
	KUNIT_EXPECT_EQ(test, n, 65535);
	for (n = 1; n <= 65535; n++)
		dnat_vdport_give(ctx->pool, n, 0);
}

static void test_memory(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	u32 last;
	int port;

	ctx_range(ctx, 5000, 5000);
	port = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);
	KUNIT_EXPECT_EQ(test, port, 5000);
	KUNIT_EXPECT_FALSE(test, dnat_vdport_recall(ctx->pool, port, &last));
	dnat_vdport_give(ctx->pool, port, 4711);
	port = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);
	KUNIT_EXPECT_TRUE(test, dnat_vdport_recall(ctx->pool, port, &last));
	KUNIT_EXPECT_EQ(test, last, 4711);
	dnat_vdport_skip(ctx->pool, port);
	port = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);
	KUNIT_EXPECT_TRUE(test, dnat_vdport_recall(ctx->pool, port, &last));
	dnat_vdport_retire(ctx->pool, port);
	KUNIT_EXPECT_EQ(test, dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER),
			-ENOSPC);
}

/* Ports that somebody else holds, many in a row, do not keep us for long. */
static void test_skip(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	DECLARE_BITMAP(seen, 8) = {};
	unsigned int i;
	int port;

	ctx_range(ctx, 1024, 1024 + 8 * DNAT_CHUNK_SLOTS - 1);
	for (i = 0; i < 8; i++) {
		port = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);
		KUNIT_ASSERT_GT(test, port, 0);
		__set_bit((port - 1024) >> DNAT_CHUNK_SHIFT, seen);
		dnat_vdport_skip(ctx->pool, port);
	}
	KUNIT_EXPECT_EQ(test, bitmap_weight(seen, 8), 8);

	/* within one chunk, each port once before the first one again */
	ctx_range(ctx, 1024, 1031);
	bitmap_zero(seen, 8);
	for (i = 0; i < 8; i++) {
		port = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);
		KUNIT_ASSERT_GT(test, port, 0);
		__set_bit(port - 1024, seen);
		dnat_vdport_skip(ctx->pool, port);
	}
	KUNIT_EXPECT_EQ(test, bitmap_weight(seen, 8), 8);
}

static struct kunit_case dnat_vdport_cases[] = {
	KUNIT_CASE(test_all),
	KUNIT_CASE(test_range_1_65535),
	KUNIT_CASE(test_random),
	KUNIT_CASE(test_ranges),
	KUNIT_CASE(test_memory),
	KUNIT_CASE(test_skip),
	{}
};

static struct kunit_suite dnat_vdport_suite = {
	.name = "dnat_vdport",
	.init = ctx_init,
	.exit = ctx_exit,
	.test_cases = dnat_vdport_cases,
};
kunit_test_suite(dnat_vdport_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Tests of nf_double_nat's vdports");
