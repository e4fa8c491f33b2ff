/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DNAT_STRAY_H
#define DNAT_STRAY_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>

bool dnat_is_lost(const struct sk_buff *skb, const struct nf_hook_state *state);

int dnat_stray_setup(void);
void dnat_stray_teardown(void);

#endif /* DNAT_STRAY_H */
