/* SPDX-License-Identifier: GPL-2.0-only */
/* What the module does when a connection finds no free vdport. */
#ifndef DNAT_EXHAUST_H
#define DNAT_EXHAUST_H

struct dnat_pool;
struct nf_hook_state;
struct sk_buff;

void dnat_exhausted(struct sk_buff *skb, const struct nf_hook_state *state,
		    struct dnat_pool *pool);

#endif /* DNAT_EXHAUST_H */
