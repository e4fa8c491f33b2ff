// SPDX-License-Identifier: GPL-2.0-only
/*
 * table.c against a model that is too simple to be wrong: an array of
 * connections with a linear search.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/vmalloc.h>

#include "table.c"

#define DNAT_TEST_ROUNDS 1000000
#define DNAT_TEST_CONNS 512
#define DNAT_TEST_POOLS 16

/* Few values for each field, so that many tuples differ in one field only. */
struct ctx {
	struct dnat_net dn;
	struct dnat_pool pool[DNAT_TEST_POOLS];
	struct dnat_conn conn[DNAT_TEST_CONNS];
	struct rnd_state rnd;
};

static u32 pick(struct ctx *ctx, u32 n)
{
	return prandom_u32_state(&ctx->rnd) % n;
}

static void pick_addr(struct ctx *ctx, union nf_inet_addr *addr, u8 l3num)
{
	memset(addr, 0, sizeof(*addr));
	if (l3num == NFPROTO_IPV6)
		addr->all[pick(ctx, 3)] = htonl(0x20010db8 + pick(ctx, 3));
	addr->all[l3num == NFPROTO_IPV4 ? 0 : 3] = htonl(pick(ctx, 8) + 1);
}

static void pick_pool(struct ctx *ctx, struct dnat_pool *pool)
{
	pool->key.l3num = pick(ctx, 2) ? NFPROTO_IPV4 : NFPROTO_IPV6;
	pool->key.l4proto = pick(ctx, 2) ? IPPROTO_TCP : IPPROTO_UDP;
	pool->key.bport = htons(8080 + pick(ctx, 2));
	pick_addr(ctx, &pool->key.vip, pool->key.l3num);
	pick_addr(ctx, &pool->key.bip, pool->key.l3num);
}

static void pick_conn(struct ctx *ctx, struct dnat_conn *conn)
{
	conn->pool = &ctx->pool[pick(ctx, DNAT_TEST_POOLS)];
	pick_addr(ctx, &conn->client, conn->pool->key.l3num);
	conn->cport = htons(1024 + pick(ctx, 8));
	conn->vport = htons(80 + pick(ctx, 2));
	conn->vdport = 2048 + pick(ctx, 64);
}

static bool model_equal(const struct dnat_tuple *a, const struct dnat_tuple *b)
{
	size_t len = a->l3num == NFPROTO_IPV4 ? sizeof(struct in_addr) :
						sizeof(struct in6_addr);

	return a->l3num == b->l3num && a->l4proto == b->l4proto &&
	       a->sport == b->sport && a->dport == b->dport &&
	       !memcmp(a->saddr, b->saddr, len) &&
	       !memcmp(a->daddr, b->daddr, len);
}

static void model_tuple(const struct dnat_conn *conn, bool in,
			struct dnat_tuple *tuple)
{
	const struct dnat_pool_key *key = &conn->pool->key;

	*tuple = (struct dnat_tuple){
		.saddr = in ? &conn->client : &key->bip,
		.daddr = &key->vip,
		.sport = in ? conn->cport : key->bport,
		.dport = in ? conn->vport : htons(conn->vdport),
		.l3num = key->l3num,
		.l4proto = key->l4proto,
	};
}

static struct dnat_way *model_find(struct ctx *ctx,
				   const struct dnat_tuple *tuple)
{
	struct dnat_tuple mine;
	int i, in;

	for (i = 0; i < DNAT_TEST_CONNS; i++) {
		struct dnat_conn *conn = &ctx->conn[i];

		if (!conn->listed)
			continue;
		for (in = 0; in < 2; in++) {
			model_tuple(conn, in, &mine);
			if (model_equal(&mine, tuple))
				return in ? &conn->in : &conn->out;
		}
	}
	return NULL;
}

static bool model_has_either(struct ctx *ctx, const struct dnat_conn *conn)
{
	struct dnat_tuple tuple;

	model_tuple(conn, true, &tuple);
	if (model_find(ctx, &tuple))
		return true;
	model_tuple(conn, false, &tuple);
	return model_find(ctx, &tuple);
}

static int ctx_init(struct kunit *test)
{
	struct ctx *ctx = vzalloc(sizeof(*ctx));
	int i;

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	KUNIT_ASSERT_EQ(test, dnat_table_init(&ctx->dn), 0);
	prandom_seed_state(&ctx->rnd, 2);
	for (i = 0; i < DNAT_TEST_POOLS; i++)
		pick_pool(ctx, &ctx->pool[i]);
	test->priv = ctx;
	return 0;
}

static void ctx_exit(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	int i;

	for (i = 0; i < DNAT_TEST_CONNS; i++)
		if (ctx->conn[i].listed)
			dnat_table_del(&ctx->dn, &ctx->conn[i]);
	dnat_table_clean(&ctx->dn);
	vfree(ctx);
}

/* Return: whether table and model give the same result */
static bool look(struct ctx *ctx)
{
	struct dnat_tuple tuple;
	struct dnat_conn conn;
	struct dnat_way *way;
	bool same;

	pick_conn(ctx, &conn);
	model_tuple(&conn, pick(ctx, 2), &tuple);
	rcu_read_lock();
	way = dnat_table_find(&ctx->dn, &tuple);
	same = way == model_find(ctx, &tuple) &&
	       (!way || &dnat_way_conn(way)->in == way ||
		&dnat_way_conn(way)->out == way);
	rcu_read_unlock();
	return same;
}

static bool come_or_go(struct ctx *ctx, u32 fill)
{
	struct dnat_conn *conn = &ctx->conn[pick(ctx, fill)];

	if (conn->listed) {
		dnat_table_del(&ctx->dn, conn);
		conn->listed = false;
		return true;
	}
	pick_conn(ctx, conn);
	if (model_has_either(ctx, conn))
		return true;
	conn->listed = !dnat_table_add(&ctx->dn, conn);
	return conn->listed;
}

static void test_random(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	u32 i, fill = 1;

	for (i = 0; i < DNAT_TEST_ROUNDS; i++) {
		if (i % 10000 == 0) {
			fill = pick(ctx, DNAT_TEST_CONNS) + 1;
			cond_resched();
		}
		if (!(i % 8 ? look(ctx) : come_or_go(ctx, fill)))
			break;
	}
	KUNIT_EXPECT_EQ(test, i, DNAT_TEST_ROUNDS);
}

static struct kunit_case dnat_table_cases[] = {
	KUNIT_CASE(test_random),
	{}
};

static struct kunit_suite dnat_table_suite = {
	.name = "dnat_table",
	.init = ctx_init,
	.exit = ctx_exit,
	.test_cases = dnat_table_cases,
};
kunit_test_suite(dnat_table_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Tests of nf_double_nat's table of connections");
