/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections whose helper an admin has removed (conntrack -U).  conntrack does
 * not report their end, so the module looks for them every minute, gives their
 * ports back and frees their entries.  nf_nat goes on translating them.
 */
#ifndef DNAT_UNHELP_H
#define DNAT_UNHELP_H

#include <linux/workqueue.h>

#define DNAT_UNHELP_PERIOD (60 * HZ)

void dnat_unhelp_work(struct work_struct *work);

#endif /* DNAT_UNHELP_H */
