// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/module.h>

#include "vip.c"

static const struct dnat_vip_key dnat_test_key = {
	.addr.all = { 1 },
	.l3num = NFPROTO_IPV4,
	.l4proto = IPPROTO_TCP,
};

static int vips_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct dnat_vips), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, test->priv);
	return dnat_vips_init(test->priv);
}

static void vips_exit(struct kunit *test)
{
	dnat_vips_clean(test->priv);
	rcu_barrier();
}

/* The filter must agree with the table: exactly, with no other VIP. */
static bool is_there(struct kunit *test)
{
	struct dnat_vips *vips = test->priv;
	bool there;

	rcu_read_lock();
	there = dnat_vip_find(vips, &dnat_test_key);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, there,
			dnat_vip_maybe(vips,
				       dnat_vip_filter4(dnat_test_key.addr.ip)));
	return there;
}

static struct dnat_vip *get(struct kunit *test)
{
	struct dnat_vip *vip;

	rcu_read_lock();
	vip = dnat_vip_get(test->priv, &dnat_test_key);
	rcu_read_unlock();
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, vip);
	return vip;
}

static int del(struct kunit *test, u16 port)
{
	struct dnat_service *service;

	service = dnat_vip_port_del(test->priv, &dnat_test_key, port);
	if (!service)
		return -ENOENT;
	kfree_rcu(service, rcu);
	return 0;
}

/* A VIP exists while it has references or named ports. */
static void test_life(struct kunit *test)
{
	struct dnat_vips *vips = test->priv;
	struct dnat_vip *vip;

	KUNIT_EXPECT_FALSE(test, is_there(test));
	vip = get(test);
	KUNIT_EXPECT_TRUE(test, is_there(test));
	KUNIT_EXPECT_PTR_EQ(test, vip, get(test));
	dnat_vip_put(vip);
	KUNIT_EXPECT_TRUE(test, is_there(test));
	KUNIT_EXPECT_EQ(test, dnat_vip_port_add(vips, &dnat_test_key, 80), 0);
	dnat_vip_put(vip);
	KUNIT_EXPECT_TRUE(test, is_there(test));
	KUNIT_EXPECT_EQ(test, del(test, 80), 0);
	KUNIT_EXPECT_FALSE(test, is_there(test));
}

static void test_ports(struct kunit *test)
{
	struct dnat_vips *vips = test->priv;
	struct dnat_vip *vip = get(test);

	KUNIT_EXPECT_EQ(test, del(test, 80), -ENOENT);
	KUNIT_EXPECT_EQ(test, dnat_vip_port_add(vips, &dnat_test_key, 80), 0);
	KUNIT_EXPECT_EQ(test, dnat_vip_port_add(vips, &dnat_test_key, 80),
			-EEXIST);
	KUNIT_EXPECT_TRUE(test, dnat_vip_is_service(vip, 80));

	/* a learned port can be named; after that is undone it is neither */
	dnat_vip_learn(vip, 443);
	KUNIT_EXPECT_PTR_EQ(test, dnat_vip_service(vip, 443),
			    (struct dnat_service *)NULL);
	KUNIT_EXPECT_EQ(test, del(test, 443), -ENOENT);
	KUNIT_EXPECT_EQ(test, dnat_vip_port_add(vips, &dnat_test_key, 443), 0);
	KUNIT_EXPECT_EQ(test, vip->n_learned, 0);
	KUNIT_EXPECT_NOT_NULL(test, dnat_vip_service(vip, 443));
	KUNIT_EXPECT_EQ(test, del(test, 443), 0);
	KUNIT_EXPECT_FALSE(test, dnat_vip_is_service(vip, 443));

	KUNIT_EXPECT_EQ(test, del(test, 80), 0);
	dnat_vip_put(vip);
}

/* Even if clients try all ports, ports are left for vdports. */
static void test_learning_ends(struct kunit *test)
{
	struct dnat_vip *vip = get(test);
	unsigned int port, n = 0;

	for (port = 1; port < 65536; port++)
		dnat_vip_learn(vip, port);
	for (port = 1; port < 65536; port++)
		n += dnat_vip_is_service(vip, port);
	KUNIT_EXPECT_EQ(test, n, DNAT_LEARN_MAX);
	dnat_vip_put(vip);
}

static u32 nth_addr(unsigned int n)
{
	return (__force u32)htonl(0xc0000200 + n);
}

/* With many VIPs the filter still rejects most other addresses, and it never
 * rejects a VIP, whatever VIPs were added and removed.
 */
static void test_filter(struct kunit *test)
{
	struct dnat_vip_key key = dnat_test_key;
	struct dnat_vips *vips = test->priv;
	unsigned int i, seen = 0;
	struct dnat_vip **vip;

	vip = kunit_kcalloc(test, 2000, sizeof(*vip), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vip);
	rcu_read_lock();
	for (i = 0; i < 2000; i++) {
		key.addr.ip = (__force __be32)nth_addr(i);
		vip[i] = dnat_vip_get(vips, &key);
		if (IS_ERR(vip[i]))
			break;
	}
	rcu_read_unlock();
	KUNIT_ASSERT_EQ(test, i, 2000);
	while (i > 1000)
		dnat_vip_put(vip[--i]);
	for (i = 0; i < 1000; i++)
		KUNIT_EXPECT_TRUE(test, dnat_vip_maybe(vips,
			dnat_vip_filter4((__force __be32)nth_addr(i))));
	for (i = 10000; i < 20000; i++)
		seen += dnat_vip_maybe(vips,
			dnat_vip_filter4((__force __be32)nth_addr(i)));
	KUNIT_EXPECT_LT(test, seen, 1500);
	for (i = 0; i < 1000; i++)
		dnat_vip_put(vip[i]);
}

/* After more than U8_MAX VIPs of one hash, the filter always passes it. */
static void test_filter_full(struct kunit *test)
{
	struct dnat_vips *vips = test->priv;
	unsigned int at = dnat_vip_filter4(dnat_test_key.addr.ip);
	struct dnat_vip *vip;

	vips->filter[at] = U8_MAX - 1;
	vip = get(test);
	KUNIT_EXPECT_EQ(test, vips->filter[at], U8_MAX);
	dnat_vip_put(vip);
	KUNIT_EXPECT_EQ(test, vips->filter[at], U8_MAX);
}

static struct kunit_case dnat_vip_cases[] = {
	KUNIT_CASE(test_life),
	KUNIT_CASE(test_ports),
	KUNIT_CASE(test_learning_ends),
	KUNIT_CASE(test_filter),
	KUNIT_CASE(test_filter_full),
	{}
};

static struct kunit_suite dnat_vip_suite = {
	.name = "dnat_vip",
	.init = vips_init,
	.exit = vips_exit,
	.test_cases = dnat_vip_cases,
};
kunit_test_suite(dnat_vip_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Tests of nf_double_nat's VIPs");
