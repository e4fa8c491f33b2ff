/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flowtable that speeds up the allocator nf_nat: whether the kernel takes
 * one, and the interfaces that are in it.
 */
#ifndef DNAT_NFT_FLOW_H
#define DNAT_NFT_FLOW_H

#include <stdbool.h>

#include "common/err.h"
#include "net/netlink.h"
#include "nft/batch.h"
#include "nft/table.h"

/* All zeros: not asked yet. */
struct nft_flow {
	bool on;		/* the kernel takes one */
	struct err fault;	/* why not */
	const char **devices;	/* that were put into it, sorted; or NULL */
	unsigned int *indexes;	/* theirs: another may have the name by now */
};

void nft_flow_clean(struct nft_flow *flow);

/**
 * nft_flow_ask - find out whether the kernel takes a flowtable
 *
 * A reason that is there now may pass, such as an interface that has gone while
 * it was asked: who was told no asks again.
 *
 * Return: 0 with @flow->on set, or -ENOMEM
 */
int nft_flow_ask(struct nft_flow *flow, struct nl *nl,
		 const struct flow_devices *devices);

/* These are in the flowtable now; @devices is copied. */
int nft_flow_set(struct nft_flow *flow, const struct flow_devices *devices);

/**
 * nft_flow_update - add the change of a flowtable's interfaces to a batch
 * @have: names, ends with NULL
 * @want: ITEM_FLOWTABLE
 */
void nft_flow_update(struct batch *batch, const char *const *have,
		     const struct item *want);

/**
 * nft_flow_follow - have the flowtable hold the interfaces that there are now
 *
 * Return: 0 or a negative errno with @err set.  -ESTALE: nft_reconcile() is
 *	needed
 */
int nft_flow_follow(struct nft_flow *flow, struct nl *nl, struct err *err);

#endif
