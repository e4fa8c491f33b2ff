/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Write the kernel's table inet dnatd, by libnftnl and libmnl.
 *
 * Changes that belong together are one batch.  The change of a service touches
 * its chain and its elements in maps and sets.  A helper is added with the
 * first service that needs it, and deleted with the last.
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

/* The netlink port ID that all changes are sent from. */
unsigned int nft_portid(const struct nft *nft);

/**
 * nft_reconcile - make the kernel's table match @model
 * @allocator: ALLOC_MODULE or ALLOC_NF_NAT
 * @changed: result, a batch was sent
 *
 * Compares the kernel's table with the wanted one.  If they are equal, no batch
 * is sent and the generation of the ruleset stays.  Parts that differ are
 * replaced.  If other parts refer to one that differs, such as a set, the whole
 * table is replaced.  Either is one batch, so that no packet misses the rules.
 *
 * Return: 0 or a negative errno with @err set; -EINTR: other programs change
 *	rules too fast to read them, try again later
 */
int nft_reconcile(struct nft *nft, enum allocator allocator,
		  const struct model *model, bool *changed, struct err *err);

/*
 * The same at the start: tries for about a second if other programs change
 * rules.
 */
int nft_reconcile_start(struct nft *nft, enum allocator allocator,
			const struct model *model, struct err *err);

/**
 * nft_follow_devices - update the interfaces of the flowtable
 *
 * The flowtable has the interfaces that are up.
 *
 * Return: 0 or a negative errno with @err set.  -ESTALE: call nft_reconcile()
 */
int nft_follow_devices(struct nft *nft, enum allocator allocator,
		       struct err *err);

/* Why the allocator nf_nat has no flowtable, or NULL. */
const char *nft_no_flowtable(const struct nft *nft);

/**
 * nft_change - carry out changes in one batch
 * @model: the model before the changes
 *
 * Only differences are sent: a change of dev alone sends nothing.  Counters
 * keep their values.
 *
 * Return: 0, or a negative errno and nothing was changed.  -ESTALE: another
 *	program has changed the table; call nft_reconcile() and try again
 */
int nft_change(struct nft *nft, enum allocator allocator,
	       const struct model *model, const struct changes *changes,
	       struct err *err);

#endif
