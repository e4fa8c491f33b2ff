// SPDX-License-Identifier: GPL-2.0-only
/*
 * vdport.c against a model that is too simple to be wrong: an array of the
 * taken ports, and a queue of the ports given back.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/vmalloc.h>

#include "counter.c"
#include "held.c"
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
	HELD,		/* in use by others */
};

struct ring {
	u16 port[65536];
	unsigned int head, n;
};

static void ring_put(struct ring *ring, u16 port)
{
	ring->port[(ring->head + ring->n++) % 65536] = port;
}

/* Remove @port from the queue.  Return: false if it is not the first one */
static bool ring_get(struct ring *ring, u16 port)
{
	if (!ring->n || ring->port[ring->head] != port)
		return false;
	ring->head = (ring->head + 1) % 65536;
	ring->n--;
	return true;
}

struct model {
	u8 state[65536];
	u16 taken[65536];
	unsigned int n_taken;
	struct ring queue;
	struct ring held;
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
	ring_put(&m->queue, port);
}

static void model_hold(struct model *m, u16 port)
{
	m->state[port] = HELD;
	ring_put(&m->held, port);
}

/* Is @port the one that the model would take? */
static bool model_take(struct model *m, int port)
{
	if (port < 0)
		return !m->n_fresh && !m->queue.n;
	if (!in_model_range(m, port))
		return false;
	if (m->n_fresh) {
		if (m->state[port] != FRESH)
			return false;
		m->n_fresh--;
	} else if (!ring_get(&m->queue, port)) {
		return false;
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

/* Give a port back whose last packet was just now. */
static void give(struct ctx *ctx, u16 port, u32 last_seq)
{
	dnat_vdport_give(ctx->pool, port, last_seq, (u32)jiffies);
}

static void no_begin(struct work_struct *work)
{
}

static int ctx_init(struct kunit *test)
{
	struct ctx *ctx = vzalloc(sizeof(*ctx));

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	KUNIT_ASSERT_EQ(test, dnat_vdports_init(&ctx->vdports, no_begin), 0);
	prandom_seed_state(&ctx->rnd, 1);
	rcu_read_lock();
	ctx->pool = dnat_pool_get(&ctx->vdports, &dnat_test_key);
	rcu_read_unlock();
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->pool);
	ctx_range(ctx, DNAT_PORT_MIN_DEFAULT, DNAT_PORT_MAX_DEFAULT);
	test->priv = ctx;
	return 0;
}

static void ctx_exit(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	while (ctx->model.n_taken)
		give(ctx, model_pick_taken(&ctx->model, &ctx->rnd), 0);
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

	give(ctx, port, port);
	model_put(&ctx->model, port);
}

/* Every port can be taken once; then taking fails. */
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

/* Take and give at random, while the number of taken ports rises and falls. */
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

/* Change the range at random.  The order of ports that come back into the range
 * is not checked: the model does not have it.
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
			give(ctx, port, 0);
			ctx->model.state[port] = QUEUED;
		}
	}
	/* no port was lost */
	while (ctx->model.n_taken)
		give(ctx, model_pick_taken(&ctx->model, &ctx->rnd), 0);
	ctx_range(ctx, 1, 65535);
	for (n = 0; dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER) > 0; n++)
		;
	KUNIT_EXPECT_EQ(test, n, 65535);
	for (n = 1; n <= 65535; n++)
		give(ctx, n, 0);
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
	give(ctx, port, 4711);
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

/* Age a port: make it look as if it was last used a while ago. */
static void ctx_age(struct ctx *ctx, u16 port)
{
	dnat_slot(ctx->pool, port)->stamp = (u32)jiffies - 2 * DNAT_ASK_PERIOD;
	dnat_slot(ctx->pool, port)->given = dnat_seconds() - 2;
}

static void ctx_hold(struct ctx *ctx)
{
	u16 port = model_pick_taken(&ctx->model, &ctx->rnd);

	ctx_age(ctx, port);
	dnat_vdport_hold(ctx->pool, port);
	model_hold(&ctx->model, port);
}

/* Check the next port in use by others, which is free one time in four. */
static bool ctx_ask(struct ctx *ctx)
{
	struct model *m = &ctx->model;
	int port;

	port = dnat_vdport_take_held(ctx->pool, DNAT_TEST_OWNER);
	if (port < 0)
		return !m->held.n;
	if (!ring_get(&m->held, port))
		return false;
	if (prandom_u32_state(&ctx->rnd) % 4) {
		dnat_vdport_hold(ctx->pool, port);
		model_hold(m, port);
	} else {
		dnat_vdport_skip(ctx->pool, port);
		model_put(m, port);
	}
	return true;
}

/* The same, while others take ports and free them. */
static void test_held(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned int i, bias = 0;

	for (i = 0; i < DNAT_TEST_ROUNDS; i++) {
		u32 dice = prandom_u32_state(&ctx->rnd) % 100;

		if (i % 50000 == 0)
			bias = prandom_u32_state(&ctx->rnd) % 70;
		if (dice >= 85) {
			if (!ctx_ask(ctx))
				break;
		} else if (!ctx->model.n_taken || dice >= bias) {
			if (!ctx_take(ctx))
				break;
		} else if (dice % 4) {
			ctx_give(ctx);
		} else {
			ctx_hold(ctx);
		}
	}
	KUNIT_EXPECT_EQ(test, i, DNAT_TEST_ROUNDS);
	KUNIT_EXPECT_EQ(test, ctx->pool->taken, ctx->model.n_taken);
	KUNIT_EXPECT_EQ(test, ctx->pool->ports[DNAT_LIST_HELD].n,
			ctx->model.held.n);

	/* no port was lost by changing the range */
	ctx_range(ctx, 2048, 4095);
	while (ctx->model.n_taken)
		give(ctx, model_pick_taken(&ctx->model, &ctx->rnd), 0);
	ctx_range(ctx, 1, 65535);
	for (i = 0; dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER) > 0; i++)
		;
	KUNIT_EXPECT_EQ(test, i + ctx->pool->ports[DNAT_LIST_HELD].n, 65535);
	for (i = 1; i <= 65535; i++)
		if (dnat_slot(ctx->pool, i)->owner)
			give(ctx, i, 0);
}

/* A port that was given back just now does not count as in use by others. */
static void test_known(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	int port;

	ctx_range(ctx, 5000, 5000);
	port = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);
	KUNIT_ASSERT_EQ(test, port, 5000);
	dnat_vdport_hold(ctx->pool, port);
	KUNIT_EXPECT_EQ(test, dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER),
			-ENOSPC);
	dnat_vdport_note(ctx->pool, port, false);
	port = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);
	KUNIT_ASSERT_EQ(test, port, 5000);
	dnat_vdport_note(ctx->pool, port, true);
	KUNIT_EXPECT_EQ(test, ctx->pool->taken, 1);
	give(ctx, port, 0);
	dnat_vdport_note(ctx->pool, port, true);
	port = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);
	KUNIT_ASSERT_EQ(test, port, 5000);
	dnat_vdport_hold(ctx->pool, port);
	port = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);
	KUNIT_ASSERT_EQ(test, port, 5000);
	give(ctx, port, 0);
}

/* Search a free port as nat.c and ahead.c do.  @others: the ports in use by
 * others, of which the search tries @max at most.
 */
static int ctx_search(struct ctx *ctx, const unsigned long *others,
		      unsigned int max)
{
	unsigned int port, i;
	int found = -EBUSY;

	for (i = 0; i < max; i++) {
		found = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);
		if (found < 0 || !test_bit(found, others))
			break;
		dnat_vdport_hold(ctx->pool, found);
		dnat_vdport_pass(ctx->pool, found);
		found = -EBUSY;
	}
	for (port = 0; i && port < 65536; port++)
		if (dnat_vdport_list(ctx->pool, port))
			dnat_vdport_note(ctx->pool, port,
					 test_bit(port, others));
	return found;
}

/* Each search finds a free port, until all are taken. */
static void ctx_others(struct kunit *test, unsigned long *others)
{
	struct ctx *ctx = test->priv;
	unsigned int n_others = bitmap_weight(others, 65536);
	unsigned int n;
	int port;

	for (n = 0; (port = ctx_search(ctx, others, 2 * DNAT_CHUNKS)) > 0; n++)
		ctx->model.taken[ctx->model.n_taken++] = port;
	KUNIT_EXPECT_EQ(test, n, 64512 - n_others);
	KUNIT_EXPECT_EQ(test, ctx_search(ctx, others, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, ctx->pool->ports[DNAT_LIST_HELD].n, n_others);

	bitmap_zero(others, 65536);
	for (port = 1; port < 65536; port++)
		dnat_vdport_note(ctx->pool, port, false);
	for (n = 0; (port = ctx_search(ctx, others, 1)) > 0; n++)
		ctx->model.taken[ctx->model.n_taken++] = port;
	KUNIT_EXPECT_EQ(test, port, -ENOSPC);
	KUNIT_EXPECT_EQ(test, n, n_others);
}

static void test_others_row(struct kunit *test)
{
	unsigned long *others = bitmap_zalloc(65536, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, others);
	bitmap_set(others, 1100, 60000);
	ctx_others(test, others);
	bitmap_free(others);
}

/* Others use all even ports: the kernel gives those to processes first. */
static void test_others_even(struct kunit *test)
{
	unsigned long *others = bitmap_zalloc(65536, GFP_KERNEL);
	unsigned int port;

	KUNIT_ASSERT_NOT_NULL(test, others);
	for (port = 1024; port < 65536; port += 2)
		__set_bit(port, others);
	ctx_others(test, others);
	bitmap_free(others);
}

/* In one chunk, each port is taken once before the first one again. */
static void test_skip(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	DECLARE_BITMAP(seen, 8) = {};
	unsigned int i;
	int port;

	ctx_range(ctx, 1024, 1031);
	for (i = 0; i < 8; i++) {
		port = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);
		KUNIT_ASSERT_GT(test, port, 0);
		__set_bit(port - 1024, seen);
		dnat_vdport_skip(ctx->pool, port);
	}
	KUNIT_EXPECT_EQ(test, bitmap_weight(seen, 8), 8);
}

static void skip_and_pass(struct kunit *test, u16 wanted)
{
	struct ctx *ctx = test->priv;
	int port = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);

	KUNIT_ASSERT_EQ(test, port, wanted);
	dnat_vdport_skip(ctx->pool, port);
	dnat_vdport_pass(ctx->pool, port);
}

/* With all chunks allocated, dnat_vdport_pass() moves the ports of the first
 * chunk in the free list behind the others.
 */
static void test_pass(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned int port;

	ctx_range(ctx, 1024, 1024 + 2 * DNAT_CHUNK_SLOTS - 1);
	for (port = 0; port < 2 * DNAT_CHUNK_SLOTS; port++)
		KUNIT_ASSERT_GT(test, dnat_vdport_take(ctx->pool,
						       DNAT_TEST_OWNER), 0);
	for (port = 0; port < 2 * DNAT_CHUNK_SLOTS; port++)
		give(ctx, 1024 + port, 0);
	skip_and_pass(test, 1024);
	skip_and_pass(test, 1024 + DNAT_CHUNK_SLOTS);
	skip_and_pass(test, 1024);
	skip_and_pass(test, 1024 + DNAT_CHUNK_SLOTS);
	KUNIT_EXPECT_EQ(test, ctx->pool->ports[DNAT_LIST_FREE].n,
			2 * DNAT_CHUNK_SLOTS);
}

/* A port in use by others is in no list when it is out of the range. */
static void test_held_range(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	int port;

	ctx_range(ctx, 5000, 5001);
	port = dnat_vdport_take(ctx->pool, DNAT_TEST_OWNER);
	KUNIT_ASSERT_EQ(test, port, 5000);
	dnat_vdport_hold(ctx->pool, port);
	KUNIT_EXPECT_TRUE(test, dnat_vdport_any_held(ctx->pool));
	ctx_range(ctx, 5001, 5001);
	KUNIT_EXPECT_FALSE(test, dnat_vdport_any_held(ctx->pool));
	KUNIT_EXPECT_EQ(test, dnat_vdport_take_held(ctx->pool, DNAT_TEST_OWNER),
			-ENOENT);
}

static int chunks_setup(struct kunit_suite *suite)
{
	return dnat_vdport_setup();
}

static void chunks_teardown(struct kunit_suite *suite)
{
	dnat_vdport_teardown();
}

static struct kunit_case dnat_vdport_cases[] = {
	KUNIT_CASE(test_all),
	KUNIT_CASE(test_range_1_65535),
	KUNIT_CASE(test_random),
	KUNIT_CASE(test_ranges),
	KUNIT_CASE(test_memory),
	KUNIT_CASE(test_skip),
	KUNIT_CASE(test_pass),
	KUNIT_CASE(test_held),
	KUNIT_CASE(test_known),
	KUNIT_CASE(test_held_range),
	KUNIT_CASE(test_others_row),
	KUNIT_CASE(test_others_even),
	{}
};

static struct kunit_suite dnat_vdport_suite = {
	.name = "dnat_vdport",
	.suite_init = chunks_setup,
	.suite_exit = chunks_teardown,
	.init = ctx_init,
	.exit = ctx_exit,
	.test_cases = dnat_vdport_cases,
};
kunit_test_suite(dnat_vdport_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Tests of nf_double_nat's vdports");
