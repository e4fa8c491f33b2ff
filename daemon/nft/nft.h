/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table inet dnatd in the kernel, by libnftnl and libmnl.
 *
 * What changes together is one batch.  A service's change touches that service's
 * chain and its map element and nothing else, but for a helper that comes with the
 * first service that needs it, and goes with the last.
 */
#ifndef DNAT_NFT_H
#define DNAT_NFT_H

#include <stdbool.h>

#include "common/err.h"
#include "model/types.h"
#include "model/slots.h"

struct nft;

struct nft *nft_open(struct err *err);
void nft_close(struct nft *nft);

/* The netlink port that all our changes are sent from. */
unsigned int nft_portid(const struct nft *nft);

/**
 * nft_reconcile - make the table hold what @model asks for
 * @allocator: ALLOC_MODULE or ALLOC_NF_NAT
 * @changed: set when something had to be sent
 *
 * Compares what the kernel has with what should be there.  Where all is right
 * no batch is sent and the ruleset's generation stays.  Where a part differs
 * that part alone is replaced; a table of another shape is replaced whole, in
 * one batch, so that no packet sees it missing.
 *
 * Return: 0 or a negative errno with @err set; -EINTR: others change rules
 *	faster than they can be read, try again a moment later
 */
int nft_reconcile(struct nft *nft, enum allocator allocator,
		  const struct model *model, bool *changed, struct err *err);

/* The same at the start, where it may take a second until others keep still. */
int nft_reconcile_start(struct nft *nft, enum allocator allocator,
			const struct model *model, struct err *err);

/**
 * nft_follow_devices - have the flowtable hold the interfaces that are up
 *
 * Return: 0 or a negative errno with @err set.  -ESTALE: nft_reconcile() does
 *	it
 */
int nft_follow_devices(struct nft *nft, enum allocator allocator,
		       struct err *err);

/* Why there is no flowtable although nf_nat could use one, or NULL. */
const char *nft_no_flowtable(const struct nft *nft);

/**
 * nft_change - carry out changes, all of them in one batch
 * @model: before the changes
 *
 * What of the services stays as it was is not sent: a new dev alone sends
 * nothing.  The counters go on from where they stood.
 *
 * Return: 0 or a negative errno, nothing done.  -ESTALE: the table is not as
 *	dnatd left it; nft_reconcile() puts that right, then try again
 */
int nft_change(struct nft *nft, enum allocator allocator,
	       const struct model *model, const struct changes *changes,
	       struct err *err);

#endif
