// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_expect.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_conntrack_synproxy.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "conn.h"
#include "dnat.h"
#include "help.h"
#include "reclaim.h"
#include "reuse.h"
#include "table.h"
#include "track.h"
#include "uapi/linux/double_nat.h"

/* Pending entries checked for each new connection: several, so that a flood of
 * packets that are dropped later gives ports back as fast as it takes them.
 */
#define DNAT_SETTLE_BUDGET 4

struct dnat_pending {
	spinlock_t lock;		/* @conns and their pending_node */
	struct list_head conns;		/* oldest first */
} ____cacheline_aligned_in_smp;

/* Helpers from DNAT_HELPERS_FAST on are "doublenat-slow". */
#define DNAT_HELPERS_FAST 4
#define DNAT_HELPERS (2 * DNAT_HELPERS_FAST)

static struct nf_conntrack_helper dnat_helpers[DNAT_HELPERS] __read_mostly;

static struct dnat_pending dnat_pending[1 << DNAT_PENDING_BITS];
static struct kmem_cache *dnat_conn_cache __read_mostly;

static void dnat_pending_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(dnat_pending_work, dnat_pending_work_fn);

/* Return: the index of @ct's helper in dnat_helpers, or -ENOENT if it is not
 * ours.  Compares addresses, not modules: a built-in module is NULL.
 */
static int dnat_helper_of(const struct nf_conn *ct)
{
	const struct nf_conn_help *help = nfct_help(ct);
	const struct nf_conntrack_helper *helper;

	helper = help ? rcu_dereference(help->helper) : NULL;
	if (helper < dnat_helpers || helper >= dnat_helpers + DNAT_HELPERS)
		return -ENOENT;
	return helper - dnat_helpers;
}

static void dnat_conn_free_rcu(struct rcu_head *rcu)
{
	struct dnat_conn *conn = container_of(rcu, struct dnat_conn, rcu);

	dnat_way_clean(&conn->in);
	dnat_way_clean(&conn->out);
	nf_ct_put(conn->ct);
	kmem_cache_free(dnat_conn_cache, conn);
}

/* If @ct is not confirmed, the backend has seen no packet of it.  Then what the
 * pool knows of the port's last connection stays valid.
 */
static void dnat_conn_give_port(struct dnat_conn *conn)
{
	const struct nf_conn *ct = conn->ct;

	if (nf_ct_is_confirmed(ct))
		dnat_vdport_give(conn->pool, conn->vdport,
				 dnat_conn_is_tcp(conn) ?
				 dnat_reuse_last_seq(ct) : 0,
				 dnat_track_stamp(ct));
	else
		dnat_vdport_skip(conn->pool, conn->vdport);
}

static void dnat_conn_free(struct dnat_conn *conn)
{
	struct dnat_counter *counter = dnat_counter_of(conn->count);
	struct dnat_net *dn = dnat_pernet(nf_ct_net(conn->ct));

	if (conn->listed)
		dnat_table_del(dn, conn);
	if (conn->vdport) {
		/* In this order the port is free or can be reclaimed. */
		dnat_conn_give_port(conn);
		dnat_reclaim_del(conn);
		dnat_stat_inc(dn, DNAT_STAT_GIVEN);
		dnat_count_ended(conn->count);
		if (nf_ct_is_confirmed(conn->ct) &&
		    !dnat_conn_answered(conn->ct)) {
			dnat_pool_count(conn->pool, &conn->pool->unanswered);
			if (counter)
				atomic64_inc(&counter->unanswered);
		}
	}
	if (counter)
		dnat_counter_put(counter);
	dnat_pool_put(conn->pool);
	call_rcu(&conn->rcu, dnat_conn_free_rcu);
}

static void dnat_conn_unlink(struct dnat_conn *conn)
{
	struct dnat_pending *pending = &dnat_pending[conn->pending];

	spin_lock_bh(&pending->lock);
	list_del_init(&conn->pending_node);
	spin_unlock_bh(&pending->lock);
}

/* Will conntrack call the helper's destroy callback for @conn? */
static bool dnat_conn_settled(const struct dnat_conn *conn)
{
	const struct dnat_help *help;

	if (!nf_ct_is_confirmed(conn->ct))
		return false;
	help = dnat_help_of(conn->ct);
	return help && READ_ONCE(help->conn) == conn;
}

static bool dnat_conn_orphaned(const struct dnat_conn *conn)
{
	return refcount_read(&conn->ct->ct_general.use) == 1;
}

/* Detach @conn from its conntrack.  Of several callers one succeeds, which must
 * free @conn.
 */
static bool dnat_conn_take(struct dnat_conn *conn)
{
	struct dnat_help *help = dnat_help_of(conn->ct);

	return help && cmpxchg(&help->conn, conn, NULL) == conn;
}

/* The same, for a caller that found @conn in its pending list.  Nobody else can
 * detach it if the extension was invalidated.
 */
static bool dnat_conn_claim(struct dnat_conn *conn)
{
	return !dnat_help_of(conn->ct) || dnat_conn_take(conn);
}

/* The first two packets of a UDP flow, on two CPUs, make two connections.
 * conntrack keeps the second one for a short time, only for the answer.  Remove
 * it from the table, where it could hide the first one.
 */
static void dnat_conn_unlist_clash(struct dnat_conn *conn)
{
	if (!test_bit(IPS_NAT_CLASH_BIT, &conn->ct->status))
		return;
	dnat_table_del(dnat_pernet(nf_ct_net(conn->ct)), conn);
	conn->listed = false;
}

/* Check the @budget oldest entries.  Those that have the last reference to
 * their conntrack move to @dead; confirmed ones leave the list.
 */
static void dnat_pending_settle(struct dnat_pending *pending,
				unsigned int budget, struct list_head *dead)
{
	struct dnat_conn *conn, *next;

	lockdep_assert_held(&pending->lock);

	list_for_each_entry_safe(conn, next, &pending->conns, pending_node) {
		if (!budget--)
			break;
		if (dnat_conn_orphaned(conn)) {
			if (dnat_conn_claim(conn))
				list_move_tail(&conn->pending_node, dead);
		} else if (dnat_conn_settled(conn)) {
			list_del_init(&conn->pending_node);
			dnat_conn_unlist_clash(conn);
		}
	}
}

static void dnat_free_unconfirmed(struct list_head *dead)
{
	struct dnat_conn *conn, *next;

	list_for_each_entry_safe(conn, next, dead, pending_node) {
		dnat_stat_inc(dnat_pernet(nf_ct_net(conn->ct)),
			      DNAT_STAT_UNCONFIRMED);
		dnat_conn_free(conn);
	}
}

static void dnat_pending_work_fn(struct work_struct *work)
{
	struct dnat_pending *pending;
	bool again = false;
	LIST_HEAD(dead);
	int i;

	/* A netns that exits waits for us to free the entries in @dead. */
	rcu_read_lock();
	for (i = 0; i < ARRAY_SIZE(dnat_pending); i++) {
		pending = &dnat_pending[i];
		spin_lock_bh(&pending->lock);
		dnat_pending_settle(pending, UINT_MAX, &dead);
		again |= !list_empty(&pending->conns);
		spin_unlock_bh(&pending->lock);
	}
	dnat_free_unconfirmed(&dead);
	rcu_read_unlock();

	if (again)
		schedule_delayed_work(&dnat_pending_work, HZ);
}

/**
 * dnat_conn_wanted - did a rule hand this connection to the module?
 * @ct: any
 *
 * Context: softirq, under rcu_read_lock().
 */
bool dnat_conn_wanted(const struct nf_conn *ct)
{
	return dnat_helper_of(ct) >= 0;
}

/**
 * dnat_conn_of - the module's entry for a connection
 * @ct: any
 *
 * Context: softirq, under rcu_read_lock().
 * Return: the entry, which may be about to end, or NULL
 */
struct dnat_conn *dnat_conn_of(const struct nf_conn *ct)
{
	const struct dnat_help *help;

	if (!dnat_conn_wanted(ct))
		return NULL;
	help = dnat_help_of(ct);
	return help ? READ_ONCE(help->conn) : NULL;
}

/* Return: whether @ct may take the one-lookup path.  It may not with the helper
 * "doublenat-slow"; nor in a zone, because another zone may have the same
 * tuple; nor with synproxy, which has to shift the timestamps.
 */
static bool dnat_conn_fast(const struct nf_conn *ct)
{
	int helper = dnat_helper_of(ct);

	return helper >= 0 && helper < DNAT_HELPERS_FAST &&
	       nf_ct_zone(ct)->id == NF_CT_DEFAULT_ZONE_ID &&
	       !nfct_synproxy(ct);
}

/**
 * dnat_conn_new - make an entry for a connection, with no vdport yet
 * @ct: wanted (dnat_conn_wanted()) and not confirmed yet
 * @key: of the pool that its vdport will come from
 *
 * Context: softirq, under rcu_read_lock().
 * Return: the entry, for dnat_conn_attach() or dnat_conn_drop(); -ENOMEM; or an
 *	error of dnat_pool_get()
 */
struct dnat_conn *dnat_conn_new(struct nf_conn *ct,
				const struct dnat_pool_key *key)
{
	const struct nf_conntrack_tuple *orig;
	struct dnat_net *dn = dnat_pernet(nf_ct_net(ct));
	struct dnat_counter *counter;
	struct dnat_conn *conn;
	struct dnat_pool *pool;

	conn = kmem_cache_zalloc(dnat_conn_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!conn)
		return ERR_PTR(-ENOMEM);

	pool = dnat_pool_get(&dn->vdports, key);
	if (IS_ERR(pool)) {
		kmem_cache_free(dnat_conn_cache, conn);
		return ERR_CAST(pool);
	}
	conn->pool = pool;
	nf_conntrack_get(&ct->ct_general);
	conn->ct = ct;
	orig = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	conn->client = orig->src.u3;
	conn->cport = orig->src.u.all;
	conn->vport = orig->dst.u.all;
	conn->fast = dnat_conn_fast(ct);
	conn->pending = raw_smp_processor_id() % ARRAY_SIZE(dnat_pending);
	counter = dnat_counter_get(&dn->counters, conn->pool, conn->vport);
	conn->count = counter ? counter->count : NULL;
	INIT_LIST_HEAD(&conn->pending_node);
	INIT_LIST_HEAD(&conn->class_node);
	dnat_vip_learn(conn->pool->vip, ntohs(conn->vport));
	return conn;
}

/* Free an entry that was not attached. */
void dnat_conn_drop(struct dnat_conn *conn)
{
	dnat_conn_free(conn);
}

static void dnat_pending_add(struct dnat_conn *conn, struct dnat_help *help)
{
	struct dnat_pending *pending = &dnat_pending[conn->pending];
	LIST_HEAD(dead);

	spin_lock_bh(&pending->lock);
	dnat_pending_settle(pending, DNAT_SETTLE_BUDGET, &dead);
	list_add_tail(&conn->pending_node, &pending->conns);
	WRITE_ONCE(help->conn, conn);
	spin_unlock_bh(&pending->lock);

	dnat_free_unconfirmed(&dead);

	if (!delayed_work_pending(&dnat_pending_work))
		schedule_delayed_work(&dnat_pending_work, HZ);
}

/**
 * dnat_conn_attach - give an entry its vdport and attach it to its conntrack
 * @conn: from dnat_conn_new(), with both NATs set up
 * @vdport: taken from its pool, host byte order
 *
 * When the connection ends, the port is given back and the entry is freed.
 *
 * Context: softirq, under rcu_read_lock().
 * Return: 0; -ENOMEM; -EAGAIN if conntrack will drop the connection.  After an
 *	error the caller still owns entry and port.
 */
int dnat_conn_attach(struct dnat_conn *conn, u16 vdport)
{
	struct dnat_net *dn = dnat_pernet(nf_ct_net(conn->ct));
	struct dnat_help *help = dnat_help_of(conn->ct);
	int err;

	if (!help)
		return -EAGAIN;
	conn->vdport = vdport;
	err = dnat_table_add(dn, conn);
	if (err == -ENOMEM) {
		conn->vdport = 0;
		return err;
	}
	/* -EBUSY or -E2BIG: not in the table, so nf_nat gets all packets. */
	conn->listed = !err;
	dnat_reclaim_add(conn);
	dnat_stat_inc(dn, DNAT_STAT_TAKEN);
	if (conn->count)
		dnat_count_begun(conn->count);
	else
		dnat_stat_inc(dn, DNAT_STAT_UNCOUNTED);
	dnat_pending_add(conn, help);
	return 0;
}

/* Free an entry that was detached.  Readers may see it until a grace period has
 * passed.
 */
static void dnat_conn_release(struct dnat_conn *conn)
{
	dnat_conn_unlink(conn);
	dnat_conn_free(conn);
}

/**
 * dnat_conn_unhelped - was the helper of a connection removed?
 * @conn: has a vdport
 *
 * An admin can do that with conntrack -U.  conntrack then does not report the
 * connection's end.
 *
 * Context: softirq or process, under rcu_read_lock().
 */
bool dnat_conn_unhelped(const struct dnat_conn *conn)
{
	return dnat_conn_settled(conn) && !dnat_conn_wanted(conn->ct);
}

/**
 * dnat_conn_forget - free the entry, leave the connection to nf_nat
 * @conn: confirmed; its vdport becomes free
 *
 * Context: softirq or process, under rcu_read_lock(), no locks held.
 */
void dnat_conn_forget(struct dnat_conn *conn)
{
	if (dnat_conn_take(conn))
		dnat_conn_release(conn);
}

/**
 * dnat_conn_kill - end a connection
 * @conn: confirmed; its vdport becomes free, also if dnat_conn_unhelped()
 *
 * Context: softirq or process, under rcu_read_lock(), no locks held.
 * Return: whether this call ended it
 */
bool dnat_conn_kill(struct dnat_conn *conn)
{
	bool killed = nf_ct_kill(conn->ct);

	dnat_conn_forget(conn);
	return killed;
}

/* The helper's destroy callback. */
static void dnat_conn_end(struct nf_conn *ct)
{
	struct dnat_help *help = dnat_help_of(ct);
	struct dnat_conn *conn;

	conn = help ? xchg(&help->conn, NULL) : NULL;
	if (conn)
		dnat_conn_release(conn);
}

/* The helper's callback for each packet, after conntrack has tracked it. */
static int dnat_conn_help(struct sk_buff *skb, unsigned int protoff,
			  struct nf_conn *ct, enum ip_conntrack_info ctinfo)
{
	const struct dnat_help *help = dnat_help_of(ct);
	struct dnat_conn *conn = help ? READ_ONCE(help->conn) : NULL;
	int ret;

	if (!conn)
		return NF_ACCEPT;
	dnat_reclaim_update(conn);
	/* an ICMP error about the connection has no TCP header */
	if (ctinfo == IP_CT_RELATED || ctinfo == IP_CT_RELATED_REPLY)
		return NF_ACCEPT;
	local_bh_disable();
	dnat_count_packet(conn->count, CTINFO2DIR(ctinfo), skb->len);
	local_bh_enable();

	if (!conn->reused || READ_ONCE(conn->class) != DNAT_CLASS_HALF_OPEN)
		return NF_ACCEPT;
	if (!nf_ct_is_confirmed(ct)) {
		ret = dnat_reuse_confirm(skb, ct, ctinfo, protoff);
		if (ret != NF_ACCEPT)
			return ret;
	}
	return dnat_reuse_strip(skb, protoff);
}

static const struct nf_conntrack_expect_policy dnat_no_expect;

static void dnat_helpers_init(void)
{
	static const char * const names[] = {
		DNAT_HELPER_NAME,
		DNAT_HELPER_NAME_SLOW,
	};
	static const u16 l3nums[] = { NFPROTO_IPV4, NFPROTO_IPV6 };
	static const u16 l4protos[] = { IPPROTO_TCP, IPPROTO_UDP };
	int i;

	NF_CT_HELPER_BUILD_BUG_ON(sizeof(struct dnat_help));
	/* nft refuses a whole ruleset that has a longer name in it. */
	BUILD_BUG_ON(sizeof(DNAT_HELPER_NAME_SLOW) >= NF_CT_HELPER_NAME_LEN);

	for (i = 0; i < ARRAY_SIZE(dnat_helpers); i++) {
		/* Each helper needs a port of its own, though rules choose
		 * helpers by name.
		 */
		nf_ct_helper_init(&dnat_helpers[i], l3nums[i & 1],
				  l4protos[i >> 1 & 1], names[i >> 2], i >> 2,
				  i >> 2, 0, &dnat_no_expect, 0,
				  dnat_conn_help, NULL, THIS_MODULE);
		dnat_helpers[i].destroy = dnat_conn_end;
	}
}

/**
 * dnat_pending_flush - free the pending entries of a netns that exits
 * @net: its hooks are unregistered already
 *
 * Another CPU may have claimed some under rcu_read_lock() and not freed them
 * yet.
 *
 * Context: process.
 */
void dnat_pending_flush(const struct net *net)
{
	struct dnat_pending *pending;
	struct dnat_conn *conn, *next;
	LIST_HEAD(dead);
	int i;

	for (i = 0; i < ARRAY_SIZE(dnat_pending); i++) {
		pending = &dnat_pending[i];
		spin_lock_bh(&pending->lock);
		list_for_each_entry_safe(conn, next, &pending->conns,
					 pending_node) {
			if (!net_eq(nf_ct_net(conn->ct), net))
				continue;
			if (dnat_conn_claim(conn))
				list_move_tail(&conn->pending_node, &dead);
			else
				list_del_init(&conn->pending_node);
		}
		spin_unlock_bh(&pending->lock);
	}
	list_for_each_entry_safe(conn, next, &dead, pending_node)
		dnat_conn_free(conn);
}

/* Return: an entry for the caller to free, or NULL.  It stays in its class list
 * until then: a packet that found it before may still move it.
 */
static struct dnat_conn *dnat_pool_claim(struct dnat_pool *pool)
{
	struct dnat_conn *conn, *claimed = NULL;
	int class;

	spin_lock_bh(&pool->lock);
	for (class = 0; class < DNAT_CLASS_COUNT && !claimed; class++) {
		list_for_each_entry(conn, &pool->conns[class], class_node) {
			if (dnat_conn_claim(conn)) {
				claimed = conn;
				break;
			}
		}
	}
	spin_unlock_bh(&pool->lock);
	return claimed;
}

/**
 * dnat_conn_net_exit - free all other entries of a netns that exits
 * @net: a grace period has passed since dnat_pending_flush()
 *
 * The connections stay, and nf_nat goes on translating them.  The destroy
 * callback may be about to free some entries on another CPU, under
 * rcu_read_lock().
 *
 * Context: process.
 */
void dnat_conn_net_exit(struct net *net)
{
	struct dnat_conn *conn;
	struct dnat_walk walk;

	dnat_walk_start(&walk, &dnat_pernet(net)->vdports);
	for (; walk.pool; dnat_walk_next(&walk)) {
		while ((conn = dnat_pool_claim(walk.pool))) {
			dnat_conn_free(conn);
			cond_resched();
		}
	}
}

int dnat_conn_setup(void)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(dnat_pending); i++) {
		spin_lock_init(&dnat_pending[i].lock);
		INIT_LIST_HEAD(&dnat_pending[i].conns);
	}
	/* two cache lines: there may be half a million entries */
	BUILD_BUG_ON(sizeof(struct dnat_conn) > 128);

	dnat_conn_cache = KMEM_CACHE(dnat_conn, SLAB_HWCACHE_ALIGN);
	if (!dnat_conn_cache)
		return -ENOMEM;

	dnat_helpers_init();
	err = nf_conntrack_helpers_register(dnat_helpers,
					    ARRAY_SIZE(dnat_helpers));
	if (err)
		kmem_cache_destroy(dnat_conn_cache);
	return err;
}

/**
 * dnat_conn_teardown - undo dnat_conn_setup()
 *
 * No netns has an entry any more.
 *
 * Context: process.
 */
void dnat_conn_teardown(void)
{
	nf_conntrack_helpers_unregister(dnat_helpers,
					ARRAY_SIZE(dnat_helpers));
	cancel_delayed_work_sync(&dnat_pending_work);
	rcu_barrier();
	kmem_cache_destroy(dnat_conn_cache);
}
