/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions on single slots, for vdport.c and held.c.  The caller holds the
 * pool's lock.
 */
#ifndef DNAT_SLOT_H
#define DNAT_SLOT_H

#include "vdport.h"

/* The chunk of @port must be allocated. */
static inline struct dnat_slot *dnat_slot(const struct dnat_pool *pool, u16 port)
{
	return &pool->chunk[port >> DNAT_CHUNK_SHIFT]
			->slot[port & (DNAT_CHUNK_SLOTS - 1)];
}

static inline u16 dnat_seconds(void)
{
	return jiffies / HZ;
}

void dnat_link_last(struct dnat_pool *pool, enum dnat_list list, u16 port);
void dnat_unlink(struct dnat_pool *pool, u16 port);

void dnat_slot_take(struct dnat_pool *pool, u16 port,
		    struct dnat_conn *owner);
void dnat_slot_free(struct dnat_pool *pool, u16 port, enum dnat_list list);

#endif /* DNAT_SLOT_H */
