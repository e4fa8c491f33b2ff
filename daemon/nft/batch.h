/* SPDX-License-Identifier: GPL-2.0-only */
/* One nf_tables transaction: all of it or nothing. */
#ifndef DNAT_BATCH_H
#define DNAT_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "nft/table.h"

struct batch;

/**
 * batch_new - begin a transaction
 * @generation: refuse it with -ERESTART unless the ruleset is still of this
 *	generation; 0: whatever it is
 *
 * Return: NULL without memory
 */
struct batch *batch_new(uint32_t generation);
void batch_free(struct batch *batch);

/*
 * Add or delete what an item stands for.  The item must live until the batch
 * is sent.  To delete ITEM_RULES is to empty the chain.  Lack of memory is
 * told by batch_send().
 */
void batch_add(struct batch *batch, const struct item *item);
void batch_del(struct batch *batch, const struct item *item);

/* Take @devices out of a flowtable, which @item stands for. */
void batch_del_devices(struct batch *batch, const struct item *item,
		       const struct nftnl_flowtable *devices);

/**
 * batch_send - have it carried out
 * @dry: only ask whether the kernel would take it
 * @err: what was refused, of which service, and why
 *
 * Return: 0 or a negative errno and nothing done
 */
int batch_send(struct batch *batch, struct nl *nl, bool dry, struct err *err);

#endif
