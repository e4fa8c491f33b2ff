/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections whose helper an admin has taken off (conntrack -U).  conntrack
 * does not report their end, so the module looks for them every minute and lets
 * go of them: port, entry and reference.  nf_nat goes on translating them.
 */
#ifndef DNAT_UNHELP_H
#define DNAT_UNHELP_H

struct dnat_net;

void dnat_unhelp_init(struct dnat_net *dn);
void dnat_unhelp_clean(struct dnat_net *dn);

#endif /* DNAT_UNHELP_H */
