/* SPDX-License-Identifier: GPL-2.0-only */
/* What the module keeps in the helper extension of a conntrack. */
#ifndef DNAT_HELP_H
#define DNAT_HELP_H

#include <net/netfilter/nf_conntrack_helper.h>

#include "conn.h"

/* The private part of struct nf_conn_help.  The one who clears @conn must free
 * it.
 */
struct dnat_help {
	struct dnat_conn *conn;
	int vrf[IP_CT_DIR_MAX];	/* ifindex of the output VRF, or 0 */
};

/**
 * dnat_help_of - the module's data in a conntrack
 * @ct: for which dnat_conn_wanted() is true
 *
 * nfct_help_data() must not be called on a connection that is not confirmed.
 * On kernels whose extensions have a generation (6.1), unloading any helper or
 * nf_nat invalidates the extensions of unconfirmed connections, at any moment,
 * from another CPU.  conntrack then drops the connection instead of confirming
 * it.
 *
 * Context: any.
 * Return: the data, valid while the caller has a reference to @ct; NULL if the
 *	extensions were invalidated
 */
static inline struct dnat_help *dnat_help_of(const struct nf_conn *ct)
{
	struct nf_conn_help *help = nfct_help(ct);

	return help ? (struct dnat_help *)help->data : NULL;
}

/* Store the interface index of the VRF that packets of a direction leave by. */
static inline void dnat_help_set_vrf(const struct nf_conn *ct,
				     enum ip_conntrack_dir dir, int vrf)
{
	struct dnat_help *help = dnat_help_of(ct);

	if (help && READ_ONCE(help->vrf[dir]) != vrf)
		WRITE_ONCE(help->vrf[dir], vrf);
}

/* Return: the interface index; 0 if there is no VRF or was no packet */
static inline int dnat_help_vrf(const struct nf_conn *ct,
				enum ip_conntrack_dir dir)
{
	const struct dnat_help *help = dnat_help_of(ct);

	return help ? READ_ONCE(help->vrf[dir]) : 0;
}

#endif /* DNAT_HELP_H */
