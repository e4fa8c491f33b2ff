// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "vip.h"

/* Learned ports of one VIP.  A rule may hand over connections to any port; the
 * limit keeps clients that try all ports from leaving none for vdports.
 */
#define DNAT_LEARN_MAX 1024

/* Learned ports of all VIPs.  Each needs up to 600 bytes. */
#define DNAT_LEARN_ALL_MAX 65536

/* The entry of a learned port in dnat_vip.ports; that of a named port is its
 * struct dnat_service.
 */
#define DNAT_PORT_LEARNED xa_mk_value(0)

static const struct rhashtable_params dnat_vip_params = {
	.head_offset = offsetof(struct dnat_vip, node),
	.key_offset = offsetof(struct dnat_vip, key),
	.key_len = sizeof(struct dnat_vip_key),
	.automatic_shrinking = true,
};

/**
 * dnat_vip_find - find a VIP
 * @vips: of the netns
 * @key: address and protocol
 *
 * Context: any, under rcu_read_lock().
 * Return: the VIP, valid until rcu_read_unlock(), or NULL
 */
struct dnat_vip *dnat_vip_find(struct dnat_vips *vips,
			       const struct dnat_vip_key *key)
{
	return rhashtable_lookup(&vips->table, key, dnat_vip_params);
}

static void dnat_vip_filter_add(struct dnat_vip *vip, int n)
{
	unsigned int at = vip->key.l3num == NFPROTO_IPV4 ?
			  dnat_vip_filter4(vip->key.addr.ip) :
			  dnat_vip_filter6(&vip->key.addr.in6);
	u8 *count = &vip->vips->filter[at];

	lockdep_assert_held(&vip->vips->lock);
	/* at U8_MAX the real number is unknown, so it stays */
	if (*count < U8_MAX)
		WRITE_ONCE(*count, *count + n);
}

static void dnat_vip_free_rcu(struct rcu_head *rcu)
{
	struct dnat_vip *vip = container_of(rcu, struct dnat_vip, rcu);
	unsigned long port;
	void *entry;

	xa_for_each(&vip->ports, port, entry)
		if (!xa_is_value(entry))
			kfree(entry);
	xa_destroy(&vip->ports);
	kfree(vip);
}

static struct dnat_vip *dnat_vip_new(struct dnat_vips *vips,
				     const struct dnat_vip_key *key)
{
	struct dnat_vip *vip;
	int err;

	lockdep_assert_held(&vips->lock);

	vip = kzalloc(sizeof(*vip), DNAT_GFP_PACKET);
	if (!vip)
		return ERR_PTR(-ENOMEM);
	vip->key = *key;
	vip->vips = vips;
	refcount_set(&vip->users, 1);
	xa_init_flags(&vip->ports, XA_FLAGS_LOCK_BH | XA_FLAGS_ACCOUNT);
	err = rhashtable_lookup_insert_fast(&vips->table, &vip->node,
					    dnat_vip_params);
	if (err) {
		kfree(vip);
		return ERR_PTR(err);
	}
	dnat_vip_filter_add(vip, 1);
	return vip;
}

/**
 * dnat_vip_get - get a reference to a VIP, which is made if it does not exist
 * @vips: of the netns
 * @key: address and protocol
 *
 * Context: softirq or process, under rcu_read_lock().
 * Return: the VIP, for dnat_vip_put(); -ENOMEM; or an error of the table, such
 *	as -EBUSY while it is rehashed
 */
struct dnat_vip *dnat_vip_get(struct dnat_vips *vips,
			      const struct dnat_vip_key *key)
{
	struct dnat_vip *vip = dnat_vip_find(vips, key);

	if (vip && refcount_inc_not_zero(&vip->users))
		return vip;

	/* users >= 1 for every VIP in the table while the lock is held */
	spin_lock_bh(&vips->lock);
	vip = dnat_vip_find(vips, key);
	if (vip)
		refcount_inc(&vip->users);
	else
		vip = dnat_vip_new(vips, key);
	spin_unlock_bh(&vips->lock);
	return vip;
}

static bool dnat_learn_get(struct dnat_vips *vips)
{
	if (!atomic_add_unless(&vips->n_learned, 1, DNAT_LEARN_ALL_MAX))
		return false;
	if (dnat_block_get(vips->blocks))
		return true;
	atomic_dec(&vips->n_learned);
	return false;
}

/* Uncount @n learned ports of @vip. */
static void dnat_learn_put(struct dnat_vip *vip, unsigned int n)
{
	vip->n_learned -= n;
	atomic_sub(n, &vip->vips->n_learned);
	while (n--)
		dnat_block_put(vip->vips->blocks);
}

static void dnat_vip_put_locked(struct dnat_vip *vip)
{
	struct dnat_vips *vips = vip->vips;

	lockdep_assert_held(&vips->lock);

	if (!refcount_dec_and_test(&vip->users))
		return;
	dnat_vip_filter_add(vip, -1);
	dnat_learn_put(vip, vip->n_learned);
	rhashtable_remove_fast(&vips->table, &vip->node, dnat_vip_params);
	call_rcu(&vip->rcu, dnat_vip_free_rcu);
}

/**
 * dnat_vip_put - drop a reference to a VIP
 * @vip: from dnat_vip_get()
 *
 * Context: softirq or process.
 */
void dnat_vip_put(struct dnat_vip *vip)
{
	struct dnat_vips *vips = vip->vips;

	spin_lock_bh(&vips->lock);
	dnat_vip_put_locked(vip);
	spin_unlock_bh(&vips->lock);
}

/**
 * dnat_vip_is_service - is a port of the VIP a service port, named or learned?
 * @vip: in use, or under rcu_read_lock()
 * @port: host byte order
 *
 * Context: any.
 */
bool dnat_vip_is_service(struct dnat_vip *vip, u16 port)
{
	return xa_load(&vip->ports, port);
}

/**
 * dnat_vip_service - the named service of a port of the VIP
 * @vip: in use, or under rcu_read_lock()
 * @port: host byte order
 *
 * Context: any, under rcu_read_lock().
 * Return: the service, valid until rcu_read_unlock(); NULL if
 *	dnat_vip_port_add() was not called for the port
 */
struct dnat_service *dnat_vip_service(struct dnat_vip *vip, u16 port)
{
	void *entry = xa_load(&vip->ports, port);

	return xa_is_value(entry) ? NULL : entry;
}

/**
 * dnat_vip_learn - learn a service port from a connection to it
 * @vip: in use
 * @port: host byte order
 *
 * Without memory, or above the limits, the port is not learned and may be taken
 * as a vdport.
 *
 * Context: softirq.
 */
void dnat_vip_learn(struct dnat_vip *vip, u16 port)
{
	if (dnat_vip_is_service(vip, port) ||
	    READ_ONCE(vip->n_learned) >= DNAT_LEARN_MAX)
		return;

	xa_lock_bh(&vip->ports);
	if (vip->n_learned < DNAT_LEARN_MAX && dnat_learn_get(vip->vips)) {
		vip->n_learned++;
		if (__xa_insert(&vip->ports, port, DNAT_PORT_LEARNED,
				GFP_ATOMIC | __GFP_NOWARN))
			dnat_learn_put(vip, 1);
	}
	xa_unlock_bh(&vip->ports);
}

static int dnat_vip_name_port(struct dnat_vip *vip, u16 port,
			      struct dnat_service *service)
{
	void *old;

	old = xa_store_bh(&vip->ports, port, service,
			  GFP_ATOMIC | __GFP_NOWARN);
	if (xa_is_err(old))
		return xa_err(old);
	if (old) {
		xa_lock_bh(&vip->ports);
		dnat_learn_put(vip, 1);
		xa_unlock_bh(&vip->ports);
	}
	/* one reference for all named ports */
	if (!vip->n_named++)
		refcount_inc(&vip->users);
	return 0;
}

/**
 * dnat_vip_port_add - name a service port, which is no vdport then
 * @vips: of the netns
 * @key: of the VIP, which is made if it does not exist
 * @port: host byte order
 *
 * Connections that have it as their vdport keep it.
 *
 * Context: process.
 * Return: 0; -ENOMEM; -EEXIST if the port is named already; or an error of
 *	dnat_vip_get()
 */
int dnat_vip_port_add(struct dnat_vips *vips, const struct dnat_vip_key *key,
		      u16 port)
{
	struct dnat_service *service;
	struct dnat_vip *vip;
	int err;

	service = kzalloc(sizeof(*service), GFP_KERNEL_ACCOUNT);
	if (!service)
		return -ENOMEM;
	INIT_LIST_HEAD(&service->counters);

	rcu_read_lock();
	vip = dnat_vip_get(vips, key);
	err = PTR_ERR_OR_ZERO(vip);
	if (!err) {
		spin_lock_bh(&vips->lock);
		err = dnat_vip_service(vip, port) ?
		      -EEXIST : dnat_vip_name_port(vip, port, service);
		dnat_vip_put_locked(vip);
		spin_unlock_bh(&vips->lock);
	}
	rcu_read_unlock();
	if (err)
		kfree(service);
	return err;
}

/**
 * dnat_vip_port_del - undo dnat_vip_port_add()
 * @vips: of the netns
 * @key: of the VIP
 * @port: host byte order
 *
 * Context: process.
 * Return: the service, which the caller must free after a grace period; NULL if
 *	the port is not named
 */
struct dnat_service *dnat_vip_port_del(struct dnat_vips *vips,
				       const struct dnat_vip_key *key,
				       u16 port)
{
	struct dnat_service *service = NULL;
	struct dnat_vip *vip;

	spin_lock_bh(&vips->lock);
	rcu_read_lock();
	vip = dnat_vip_find(vips, key);
	if (vip)
		service = dnat_vip_service(vip, port);
	if (service) {
		xa_erase_bh(&vip->ports, port);
		if (!--vip->n_named)
			dnat_vip_put_locked(vip);
	}
	rcu_read_unlock();
	spin_unlock_bh(&vips->lock);
	return service;
}

/**
 * dnat_vips_init - set up the VIPs of a netns
 * @vips: embedded in a netns's state
 *
 * Context: process.
 * Return: 0 or a negative errno
 */
int dnat_vips_init(struct dnat_vips *vips)
{
	int err;

	spin_lock_init(&vips->lock);
	vips->filter = kzalloc(1 << DNAT_FILTER_BITS, GFP_KERNEL_ACCOUNT);
	if (!vips->filter)
		return -ENOMEM;
	err = rhashtable_init(&vips->table, &dnat_vip_params);
	if (err)
		kfree(vips->filter);
	return err;
}

static void dnat_vip_clean(void *ptr, void *arg)
{
	struct dnat_vip *vip = ptr;

	dnat_learn_put(vip, vip->n_learned);
	call_rcu(&vip->rcu, dnat_vip_free_rcu);
}

/**
 * dnat_vips_clean - undo dnat_vips_init()
 * @vips: only named ports have references left
 *
 * VIPs are freed by call_rcu().
 *
 * Context: process.
 */
void dnat_vips_clean(struct dnat_vips *vips)
{
	rhashtable_free_and_destroy(&vips->table, dnat_vip_clean, NULL);
	kfree(vips->filter);
}
