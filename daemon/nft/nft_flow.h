/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flowtable that speeds up the allocator nf_nat: whether the kernel accepts
 * one, and its interfaces.
 */
#ifndef DNAT_NFT_FLOW_H
#define DNAT_NFT_FLOW_H

#include <stdbool.h>

#include "common/err.h"
#include "net/netlink.h"
#include "nft/batch.h"
#include "nft/table.h"

/* Zero: nft_flow_ask() was not called yet. */
struct nft_flow {
	bool on;		/* the kernel accepts a flowtable */
	struct err fault;	/* why it does not */
	const char **devices;	/* its interfaces, sorted; or NULL */
	unsigned int *indexes;	/* their indexes: names may change */
};

void nft_flow_clean(struct nft_flow *flow);

/**
 * nft_flow_ask - find out whether the kernel accepts a flowtable
 *
 * If it does not, ask again later: the reason may be temporary, such as an
 * interface that was just removed.
 *
 * Return: 0 with flow->on set to the answer, or -ENOMEM
 */
int nft_flow_ask(struct nft_flow *flow, struct nl *nl,
		 const struct flow_devices *devices);

/*
 * Store the interfaces that are now in the flowtable.  The names are taken over,
 * except after an error.  Return: 0 or -ENOMEM
 */
int nft_flow_set(struct nft_flow *flow, struct flow_devices *devices);

/**
 * nft_flow_update - add the changes of the flowtable's interfaces to a batch
 * @have: names of the present interfaces, ends with NULL
 * @want: ITEM_FLOWTABLE with the wanted interfaces
 */
void nft_flow_update(struct batch *batch, const char *const *have,
		     const struct item *want);

/**
 * nft_flow_follow - update the flowtable to the interfaces that are up now
 *
 * Return: 0 or a negative errno with @err set.  -ESTALE: call nft_reconcile()
 */
int nft_flow_follow(struct nft_flow *flow, struct nl *nl, struct err *err);

#endif
