// SPDX-License-Identifier: GPL-2.0-only
/*
 * The source NAT of a new connection (paper, 3.1 step 3).
 *
 * A rule in prerouting or output has chosen the backend (destination NAT).  At
 * postrouting, just before nf_nat would set up the source NAT, the module sets
 * the source to (vip, vdport).  nf_nat then rewrites this packet and all later
 * ones that it sees.
 */
#include <linux/netfilter_ipv4.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_seqadj.h>
#include <net/netfilter/nf_conntrack_zones.h>
#include <net/netfilter/nf_nat.h>

#include "conn.h"
#include "dnat.h"
#include "exhaust.h"
#include "help.h"
#include "reclaim.h"
#include "reuse.h"
#include "stray.h"

/* Unusable ports that one packet tries at most: two in each chunk, because the
 * kernel gives local processes the even ports first.
 */
#define DNAT_SKIP_MAX (2 * DNAT_CHUNKS)

/* Ports found in use by others earlier that one packet checks again. */
#define DNAT_ASK_MAX 16

/* Attempts of one packet to take a port back: another CPU may take the port
 * that was just made free.
 */
#define DNAT_RECLAIM_MAX 4

static void dnat_nat_key(const struct nf_conn *ct, struct dnat_pool_key *key)
{
	const struct nf_conntrack_tuple *orig, *reply;

	orig = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	reply = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;

	memset(key, 0, sizeof(*key));
	key->vip = orig->dst.u3;
	key->bip = reply->src.u3;
	key->bport = reply->src.u.all;
	key->l3num = nf_ct_l3num(ct);
	key->l4proto = nf_ct_protonum(ct);
}

/* Does conntrack have the tuple already?  It may be that of a local process
 * that talks to the backend from the VIP, or an entry that another program
 * made.
 */
static bool dnat_nat_tuple_taken(const struct dnat_conn *conn, u16 vdport)
{
	struct nf_conntrack_tuple tuple;

	tuple = dnat_answer_tuple(&conn->pool->key, vdport);
	return nf_conntrack_tuple_taken(&tuple, conn->ct);
}

/* A packet that looks like a backend's answer, from the backend or with a
 * spoofed source, makes a conntrack that occupies a port.  If no other port is
 * left, delete that conntrack, unless it was answered.
 */
static void dnat_nat_evict(const struct dnat_conn *conn, u16 vdport)
{
	struct nf_conntrack_tuple_hash *hash;
	struct nf_conntrack_tuple tuple;
	struct nf_conn *ct;

	tuple = dnat_answer_tuple(&conn->pool->key, vdport);
	hash = nf_conntrack_find_get(nf_ct_net(conn->ct), nf_ct_zone(conn->ct),
				     &tuple);
	if (!hash)
		return;
	ct = nf_ct_tuplehash_to_ctrack(hash);
	if (NF_CT_DIRECTION(hash) == IP_CT_DIR_ORIGINAL &&
	    !test_bit(IPS_SEEN_REPLY_BIT, &ct->status))
		nf_ct_kill(ct);
	nf_ct_put(ct);
}

/* Return: whether one of the ports in use by others is free now; it is in the
 * free list then
 */
static bool dnat_nat_ask_held(struct dnat_conn *conn)
{
	struct dnat_pool *pool = conn->pool;
	int i, port;

	for (i = 0; i < DNAT_ASK_MAX; i++) {
		port = dnat_vdport_take_held(pool, conn);
		if (port < 0)
			break;
		dnat_nat_evict(conn, port);
		if (!dnat_nat_tuple_taken(conn, port)) {
			dnat_vdport_skip(pool, port);
			return true;
		}
		dnat_vdport_hold(pool, port);
	}
	return false;
}

/* Take a free port that is not reserved, no service port, and not in use by
 * others.  *@skips limits the ports to try and is counted down.
 *
 * Return: the port in host byte order, -ENOSPC or -ENOMEM; -ENOSPC also if
 * *@skips has reached 0
 */
static int dnat_nat_take_free(const struct dnat_net *dn, struct dnat_conn *conn,
			      unsigned int *skips)
{
	const struct nf_conn *ct = conn->ct;
	struct dnat_pool *pool = conn->pool;
	int port;

	for (; *skips; --*skips) {
		port = dnat_vdport_take(pool, conn);
		if (port < 0)
			return port;
		if (inet_is_local_reserved_port(nf_ct_net(ct), port) ||
		    dnat_vip_is_service(pool->vip, port)) {
			dnat_vdport_retire(pool, port);
		} else if (dnat_nat_tuple_taken(conn, port)) {
			dnat_vdport_hold(pool, port);
			dnat_stat_inc(dn, DNAT_STAT_SKIPPED);
		} else {
			return port;
		}
		dnat_vdport_pass(pool, port);
	}
	return -ENOSPC;
}

/* Make a port free and take it.  @port is the error of dnat_nat_take_free().
 *
 * Return: as for dnat_nat_take_free(); -EAGAIN if a connection was ended, but
 * no port was free afterwards: another CPU took it, or is about to free it
 */
static int dnat_nat_take_back(const struct dnat_net *dn, struct dnat_conn *conn,
			      unsigned int *skips, int port)
{
	struct dnat_pool *pool = conn->pool;
	int i;

	if (dnat_nat_ask_held(conn))
		port = dnat_nat_take_free(dn, conn, skips);
	for (i = 0; port < 0 && *skips && i < DNAT_RECLAIM_MAX; i++) {
		if (dnat_reclaim_one(pool)) {
			dnat_vdport_set_barren(pool, true);
			return port;
		}
		port = dnat_nat_take_free(dn, conn, skips);
	}
	return port == -ENOSPC && i ? -EAGAIN : port;
}

/* Return: a port in host byte order, -ENOSPC, -ENOMEM or -EAGAIN */
static int dnat_nat_take(const struct dnat_net *dn, struct dnat_conn *conn)
{
	unsigned int skips = DNAT_SKIP_MAX;
	struct dnat_pool *pool = conn->pool;
	struct dnat_counter *counter;
	int port;

	port = dnat_nat_take_free(dn, conn, &skips);
	if (port < 0 && skips && !dnat_vdport_barren(pool))
		port = dnat_nat_take_back(dn, conn, &skips, port);
	if (port == -ENOSPC) {
		counter = dnat_counter_of(conn->count);
		if (counter)
			atomic64_inc(&counter->exhausted);
		dnat_pool_count(pool, &pool->failed);
		dnat_stat_inc(dn, DNAT_STAT_EXHAUSTED);
	}
	return port;
}

/* Set up the source NAT as nf_nat_setup_info() does, but do not add @ct to
 * nf_nat's list of conntracks by source.  That list gives a client the mapping
 * that it had before, which must not happen here, and using it costs a cache
 * miss.
 *
 * Return: 0 or -ENOMEM
 */
static int dnat_nat_source(struct nf_conn *ct, u16 vdport)
{
	struct nf_conntrack_tuple *reply;

	if (!nfct_seqadj(ct) && !nfct_seqadj_ext_add(ct))
		return -ENOMEM;

	reply = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	reply->dst.u3 = ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.dst.u3;
	reply->dst.u.all = htons(vdport);
	INIT_HLIST_NODE(&ct->nat_bysource);
	hlist_add_fake(&ct->nat_bysource);
	ct->status |= IPS_SRC_NAT | IPS_SRC_NAT_DONE;
	return 0;
}

static void dnat_nat_reuse(struct dnat_conn *conn, u16 port)
{
	u32 last;

	if (!dnat_conn_is_tcp(conn) ||
	    !dnat_vdport_recall(conn->pool, port, &last))
		return;
	dnat_reuse_shift(conn->ct, last);
	conn->reused = true;
}

static void dnat_nat_no_memory(struct dnat_net *dn, const struct nf_conn *ct,
			       const struct dnat_pool_key *key)
{
	__be16 vport = ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.dst.u.all;

	/* If the extensions were invalidated, it was not for lack of memory. */
	if (!dnat_conn_wanted(ct))
		return;
	dnat_stat_inc(dn, DNAT_STAT_NOMEM);
	dnat_counter_no_memory(&dn->counters, key, vport);
}

static unsigned int dnat_nat_new(struct sk_buff *skb, struct nf_conn *ct,
				 const struct nf_hook_state *state)
{
	struct dnat_net *dn = dnat_pernet(nf_ct_net(ct));
	struct dnat_pool_key key;
	struct dnat_conn *conn;
	int port;

	dnat_nat_key(ct, &key);
	conn = dnat_conn_new(ct, &key);
	if (IS_ERR(conn)) {
		/* Not counted: a table that is being rehashed.  The client
		 * retries.
		 */
		if (PTR_ERR(conn) == -ENOMEM || PTR_ERR(conn) == -ENOSPC)
			dnat_nat_no_memory(dn, ct, &key);
		return NF_DROP;
	}

	port = dnat_nat_take(dn, conn);
	dnat_ahead_check(&dn->ahead, conn->pool);
	if (port < 0) {
		if (port == -ENOMEM)
			dnat_nat_no_memory(dn, ct, &key);
		else if (port == -ENOSPC)
			dnat_exhausted(skb, state, conn->pool);
		dnat_conn_drop(conn);
		return NF_DROP;
	}

	if (dnat_nat_source(ct, port))
		goto no_memory;
	dnat_nat_reuse(conn, port);
	if (dnat_conn_attach(conn, port))
		goto no_memory;
	return NF_ACCEPT;

no_memory:
	dnat_nat_no_memory(dn, ct, &key);
	dnat_vdport_skip(conn->pool, port);
	dnat_conn_drop(conn);
	return NF_DROP;
}

static unsigned int dnat_nat_postrouting(void *priv, struct sk_buff *skb,
					 const struct nf_hook_state *state)
{
	enum ip_conntrack_info ctinfo;
	struct dnat_conn *conn;
	struct nf_conn *ct;
	unsigned int ret;

	ct = nf_ct_get(skb, &ctinfo);
	if (!ct)
		return dnat_is_lost(skb, state) ? NF_DROP : NF_ACCEPT;
	if (!dnat_conn_wanted(ct))
		return NF_ACCEPT;

	/* Without destination NAT, a connection has no backend and no VIP. */
	if (ctinfo == IP_CT_NEW && !nf_ct_is_confirmed(ct) &&
	    !nf_nat_initialized(ct, NF_NAT_MANIP_SRC) &&
	    ct->status & IPS_DST_NAT) {
		ret = dnat_nat_new(skb, ct, state);
		if (ret != NF_ACCEPT)
			return ret;
	}

	if (unlikely(netif_is_l3_slave(state->out)))
		dnat_help_set_vrf(ct, CTINFO2DIR(ctinfo),
				  l3mdev_master_ifindex_rcu(state->out));
	conn = dnat_conn_of(ct);
	if (conn && conn->fast && ctinfo != IP_CT_RELATED &&
	    ctinfo != IP_CT_RELATED_REPLY)
		dnat_way_learn(CTINFO2DIR(ctinfo) == IP_CT_DIR_ORIGINAL ?
			       &conn->in : &conn->out, &ct->lock, skb,
			       state);
	return NF_ACCEPT;
}

/* ICMP errors about a connection whose sequence numbers are shifted, after
 * nf_nat has translated them.  The next hook is conntrack's, which would adjust
 * the ICMP header as if it were TCP's, and overwrite the MTU, for example.  It
 * does not if the packet belongs to the direction that is not shifted.
 */
static unsigned int dnat_nat_error(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct;

	ct = nf_ct_get(skb, &ctinfo);
	if (!ct || (ctinfo != IP_CT_RELATED && ctinfo != IP_CT_RELATED_REPLY) ||
	    !test_bit(IPS_SEQ_ADJUST_BIT, &ct->status) || !dnat_conn_of(ct))
		return NF_ACCEPT;

	/* An error that this machine sends quotes the packet as it came in, not
	 * shifted yet.  An error that leaves by a VRF passes this hook twice.
	 */
	if (ctinfo == IP_CT_RELATED_REPLY)
		return skb->skb_iif ? dnat_reuse_unquote(skb, ct) : NF_ACCEPT;
	nf_ct_set(skb, ct, IP_CT_RELATED_REPLY);
	return NF_ACCEPT;
}

/* dnat_nat_postrouting(), nf_nat's, dnat_nat_error() and conntrack's. */
#define DNAT_HOOKS_POSTROUTING 4

/* Is the first hook AppArmor's?  It is registered wherever AppArmor is enabled,
 * and only checks packets of local sockets.  A chain of nftables or iptables at
 * the same priority has another type.
 */
static bool dnat_nat_apparmor(const struct nf_hook_entries *hooks)
{
	const struct nf_hook_ops *ops = nf_hook_entries_get_hook_ops(hooks)[0];

	return ops->priority == NF_IP_PRI_SELINUX_FIRST &&
	       ops->hook_ops_type == NF_HOOK_OP_UNDEFINED;
}

/**
 * dnat_nat_alone - are there no rules at postrouting for IPv4?
 * @net: the netns
 *
 * Context: any, under rcu_read_lock().
 * Return: true if the hooks are only those of NAT, conntrack and AppArmor
 */
bool dnat_nat_alone(const struct net *net)
{
	const struct nf_hook_entries *hooks;
	unsigned int first = 0;

	hooks = rcu_dereference(net->nf.hooks_ipv4[NF_INET_POST_ROUTING]);
	if (!hooks)
		return false;
	if (hooks->num_hook_entries > DNAT_HOOKS_POSTROUTING)
		first = dnat_nat_apparmor(hooks);
	return hooks->num_hook_entries == first + DNAT_HOOKS_POSTROUTING &&
	       hooks->hooks[first].hook == dnat_nat_postrouting &&
	       hooks->hooks[first + 2].hook == dnat_nat_error;
}

/* NFPROTO_INET registers for IPv4 and IPv6; their priorities are the same. */
static const struct nf_hook_ops dnat_nat_ops[] = {
	{
		.hook = dnat_nat_postrouting,
		.pf = NFPROTO_INET,
		.hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP_PRI_NAT_SRC - 1,
	},
	{
		.hook = dnat_nat_error,
		.pf = NFPROTO_INET,
		.hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP_PRI_CONNTRACK_HELPER,
	},
};

static int __net_init dnat_nat_net_init(struct net *net)
{
	return nf_register_net_hooks(net, dnat_nat_ops,
				     ARRAY_SIZE(dnat_nat_ops));
}

/* In pre_exit, because a grace period passes between pre_exit and exit. */
static void __net_exit dnat_nat_net_pre_exit(struct net *net)
{
	nf_unregister_net_hooks(net, dnat_nat_ops, ARRAY_SIZE(dnat_nat_ops));
}

static struct pernet_operations dnat_nat_net_ops = {
	.init = dnat_nat_net_init,
	.pre_exit = dnat_nat_net_pre_exit,
};

int dnat_nat_setup(void)
{
	return register_pernet_subsys(&dnat_nat_net_ops);
}

void dnat_nat_teardown(void)
{
	unregister_pernet_subsys(&dnat_nat_net_ops);
}
