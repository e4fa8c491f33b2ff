/* SPDX-License-Identifier: GPL-2.0-only */
/* An nf_tables transaction, which is carried out completely or not at all. */
#ifndef DNAT_BATCH_H
#define DNAT_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "nft/table.h"

struct batch;

/**
 * batch_new - begin a transaction
 * @generation: batch_send() fails with -ERESTART if the ruleset has another
 *	generation; 0: any generation
 *
 * Return: NULL if there is no memory
 */
struct batch *batch_new(uint32_t generation);
void batch_free(struct batch *batch);

/*
 * Add messages to add or delete the object of an item.  The item must live
 * until the batch is sent.  Deleting ITEM_RULES deletes all rules of the chain.
 * A lack of memory is reported by batch_send().
 */
void batch_add(struct batch *batch, const struct item *item);
void batch_del(struct batch *batch, const struct item *item);

/* Remove the interfaces of @devices from the flowtable of @item. */
void batch_del_devices(struct batch *batch, const struct item *item,
		       const struct nftnl_flowtable *devices);

/**
 * batch_send - send the transaction
 * @dry: only test whether the kernel accepts it
 * @err: set on failure to what was refused, its service and the reason
 *
 * Return: 0, or a negative errno and nothing was changed
 */
int batch_send(struct batch *batch, struct nl *nl, bool dry, struct err *err);

#endif
