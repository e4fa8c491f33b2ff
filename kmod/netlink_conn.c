// SPDX-License-Identifier: GPL-2.0-only
/*
 * DNAT_CMD_CONN_GET: the connections that have vdports, pool by pool, in the
 * order of their ports.
 *
 * A connection that has a port is valid while its pool's lock is held, which is
 * for one chunk of ports at most.  The next message starts at the first port
 * not reported.  So a connection that exists during the whole dump is reported
 * once, whatever other connections start and end.
 */
#include <linux/slab.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_timestamp.h>
#include <net/sock.h>

#include "compat.h"
#include "dnat.h"
#include "filter.h"
#include "netlink.h"
#include "uapi/linux/double_nat.h"

const struct nla_policy dnat_conn_policy[DNAT_CONN_MAXATTR + 1] = {
	DNAT_FILTER_POLICY,
};

struct dnat_conn_dump {
	struct dnat_walk walk;
	unsigned int port;	/* next port of the walk's pool */
	u64 now;		/* start of the dump, ns since 1970 */
	struct dnat_filter filter;
};

static struct dnat_conn_dump **dnat_conn_dump_ctx(struct netlink_callback *cb)
{
	return (struct dnat_conn_dump **)cb->ctx;
}

int dnat_conn_dump_start(struct netlink_callback *cb)
{
	struct dnat_net *dn = dnat_pernet(sock_net(cb->skb->sk));
	struct dnat_conn_dump *dump;

	BUILD_BUG_ON(sizeof(dump) > sizeof(cb->ctx));

	dump = kzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);
	if (!dump)
		return -ENOMEM;
	dnat_filter_read(&dump->filter, dnat_dump_attrs(cb));
	dump->now = ktime_get_real_ns();
	dnat_walk_start(&dump->walk, &dn->vdports);
	*dnat_conn_dump_ctx(cb) = dump;
	return 0;
}

int dnat_conn_dump_done(struct netlink_callback *cb)
{
	struct dnat_conn_dump *dump = *dnat_conn_dump_ctx(cb);

	dnat_walk_done(&dump->walk);
	kfree(dump);
	return 0;
}

static int dnat_conn_put_age(struct sk_buff *skb, const struct nf_conn *ct,
			     u64 now)
{
	const struct nf_conn_tstamp *tstamp = nf_conn_tstamp_find(ct);

	if (!tstamp || !tstamp->start)
		return 0;
	now = now > tstamp->start ? now - tstamp->start : 0;
	return nla_put_u32(skb, DNAT_A_AGE, div_u64(now, NSEC_PER_SEC));
}

static int dnat_conn_fill(struct sk_buff *skb, struct netlink_callback *cb,
			  const struct dnat_conn *conn, u64 now)
{
	const struct dnat_pool_key *key = &conn->pool->key;
	const struct nf_conn *ct = conn->ct;
	const struct nf_conntrack_tuple *orig;
	u8 state = TCP_CONNTRACK_NONE;
	void *hdr;
	int err;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &dnat_genl_family, NLM_F_MULTI, DNAT_CMD_CONN_GET);
	if (!hdr)
		return -EMSGSIZE;

	if (key->l4proto == IPPROTO_TCP)
		state = READ_ONCE(ct->proto.tcp.state);
	orig = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	err = dnat_put_pool_key(skb, key) ?:
	      dnat_put_addr(skb, DNAT_A_CLIENT, key->l3num, &orig->src.u3) ?:
	      nla_put_be16(skb, DNAT_A_CLIENT_PORT, orig->src.u.all) ?:
	      nla_put_be16(skb, DNAT_A_SERVICE_PORT, orig->dst.u.all) ?:
	      nla_put_u16(skb, DNAT_A_VDPORT, conn->vdport) ?:
	      nla_put_u8(skb, DNAT_A_CLASS, conn->class) ?:
	      nla_put_u8(skb, DNAT_A_TCP_STATE, state) ?:
	      nla_put_u32(skb, DNAT_A_STATUS, READ_ONCE(ct->status)) ?:
	      nla_put_u32(skb, DNAT_A_EXPIRES, nf_ct_expires(ct) / HZ) ?:
	      dnat_conn_put_age(skb, ct, now);
	if (err) {
		genlmsg_cancel(skb, hdr);
		return err;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* Dump the rest of the next chunk that has a port in use.
 *
 * Return: 1 if the pool has more ports, 0 at its end, or -EMSGSIZE
 */
static int dnat_conn_dump_chunk(struct sk_buff *skb,
				struct netlink_callback *cb,
				struct dnat_conn_dump *dump)
{
	struct dnat_pool *pool = dump->walk.pool;
	const struct dnat_conn *conn;
	unsigned int end;
	int err = 0;

	spin_lock_bh(&pool->lock);
	end = dnat_vdport_used_chunk(pool, &dump->port);
	for (; dump->port < end; dump->port++) {
		conn = dnat_vdport_owner(pool, dump->port);
		if (!conn || !dnat_filter_wants(&dump->filter, conn))
			continue;
		err = dnat_conn_fill(skb, cb, conn, dump->now);
		if (err)
			break;
	}
	spin_unlock_bh(&pool->lock);
	return err ?: dump->port <= DNAT_PORT_LIMIT_MAX;
}

static int dnat_conn_dump_pool(struct sk_buff *skb, struct netlink_callback *cb,
			       struct dnat_conn_dump *dump)
{
	int more;

	if (!dnat_filter_wants_pool(&dump->filter, &dump->walk.pool->key))
		return 0;
	do {
		more = dnat_conn_dump_chunk(skb, cb, dump);
		cond_resched();
	} while (more > 0);
	return more;
}

int dnat_conn_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dnat_conn_dump *dump = *dnat_conn_dump_ctx(cb);
	int err = 0;

	while (dump->walk.pool) {
		err = dnat_conn_dump_pool(skb, cb, dump);
		if (err)
			break;
		dnat_walk_next(&dump->walk);
		dump->port = 0;
	}
	return err && !skb->len ? err : skb->len;
}
