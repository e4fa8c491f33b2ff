// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_helper.h>

#include "conn.h"
#include "dnat.h"
#include "forward.h"
#include "stray.h"
#include "table.h"
#include "unhelp.h"
#include "uapi/linux/double_nat.h"

unsigned int dnat_net_id __read_mostly;

/* Shared by all network namespaces not owned by init_user_ns, see limit.h. */
static struct dnat_blocks dnat_guest_blocks;

/* Runs after the first pool was made.  Keeps conntrack enabled from then on.
 *
 * "nft flush ruleset" removes the last rule that needs conntrack, which
 * disables it.  The next such rule enables it again; conntrack then forgets all
 * TCP windows (nf_ct_tcp_fixup()) and takes them from the next packet.  If that
 * is a retransmission, the other end's ACKs are above all data that conntrack
 * has seen, and are invalid until the connection ends.
 */
static void dnat_net_begin(struct work_struct *work)
{
	struct dnat_net *dn = container_of(work, struct dnat_net, vdports.begin);

	if (!dn->tracked)
		dn->tracked = !nf_ct_netns_get(dn->ahead.net, NFPROTO_INET);
	schedule_delayed_work(&dn->unhelp, DNAT_UNHELP_PERIOD);
}

static void dnat_net_end(struct dnat_net *dn)
{
	cancel_work_sync(&dn->vdports.begin);
	cancel_delayed_work_sync(&dn->unhelp);
	if (dn->tracked)
		nf_ct_netns_put(dn->ahead.net, NFPROTO_INET);
}

static int __net_init dnat_net_init(struct net *net)
{
	struct dnat_net *dn = dnat_pernet(net);
	int err;

	if (net->user_ns != &init_user_ns) {
		dn->vdports.vips.blocks = &dnat_guest_blocks;
		dn->counters.blocks = &dnat_guest_blocks;
	}
	dn->on_exhausted = DNAT_EXHAUSTED_RESET;
	dn->stats = alloc_percpu(struct dnat_stats);
	if (!dn->stats)
		return -ENOMEM;

	err = dnat_table_init(dn);
	if (err)
		goto err_stats;
	err = dnat_counters_init(&dn->counters);
	if (err)
		goto err_table;
	err = dnat_vdports_init(&dn->vdports, dnat_net_begin);
	if (err)
		goto err_counters;
	INIT_DEFERRABLE_WORK(&dn->unhelp, dnat_unhelp_work);
	dnat_ahead_init(&dn->ahead, net);
	mutex_init(&dn->settings);
	dn->fast = true;
	return 0;

err_counters:
	dnat_counters_clean(&dn->counters);
err_table:
	dnat_table_clean(dn);
err_stats:
	free_percpu(dn->stats);
	return err;
}

static void __net_exit dnat_net_exit_batch(struct list_head *nets)
{
	struct dnat_net *dn;
	struct net *net;

	list_for_each_entry(net, nets, exit_list) {
		dnat_net_end(dnat_pernet(net));
		dnat_ahead_clean(&dnat_pernet(net)->ahead);
		dnat_pending_flush(net);
	}
	synchronize_rcu();

	list_for_each_entry(net, nets, exit_list)
		dnat_conn_net_exit(net);
	synchronize_rcu();

	list_for_each_entry(net, nets, exit_list) {
		dn = dnat_pernet(net);
		dnat_vdports_clean(&dn->vdports);
		dnat_counters_clean(&dn->counters);
		dnat_table_clean(dn);
		free_percpu(dn->stats);
	}
}

static struct pernet_operations dnat_net_ops = {
	.init = dnat_net_init,
	.exit_batch = dnat_net_exit_batch,
	.id = &dnat_net_id,
	.size = sizeof(struct dnat_net),
};

static int __init dnat_init(void)
{
	int err;

	err = dnat_vdport_setup();
	if (err)
		return err;

	err = dnat_conn_setup();
	if (err)
		goto err_vdport;

	err = register_pernet_subsys(&dnat_net_ops);
	if (err)
		goto err_conn;

	err = dnat_nat_setup();
	if (err)
		goto err_net;

	err = dnat_forward_setup();
	if (err)
		goto err_nat;

	err = dnat_stray_setup();
	if (err)
		goto err_forward;

	err = dnat_netlink_setup();
	if (err)
		goto err_stray;

	return 0;

err_stray:
	dnat_stray_teardown();
err_forward:
	dnat_forward_teardown();
err_nat:
	dnat_nat_teardown();
err_net:
	unregister_pernet_subsys(&dnat_net_ops);
err_conn:
	dnat_conn_teardown();
err_vdport:
	dnat_vdport_teardown();
	return err;
}

static void __exit dnat_exit(void)
{
	dnat_netlink_teardown();
	dnat_stray_teardown();
	dnat_forward_teardown();
	dnat_nat_teardown();
	unregister_pernet_subsys(&dnat_net_ops);
	dnat_conn_teardown();
	dnat_vdport_teardown();
}

module_init(dnat_init);
module_exit(dnat_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Double-NAT: vdports for load-balanced connections");
MODULE_VERSION(DNAT_VERSION);
MODULE_ALIAS_NFCT_HELPER(DNAT_HELPER_NAME);
MODULE_ALIAS_NFCT_HELPER(DNAT_HELPER_NAME_SLOW);
MODULE_ALIAS("net-pf-16-proto-16-family-" DNAT_GENL_NAME);
