/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's tables of neighbours: how full they are. */
#ifndef DNAT_NEIGH_H
#define DNAT_NEIGH_H

#include <stddef.h>
#include <stdint.h>

struct neigh_table {
	uint8_t family;
	uint32_t entries;	/* of all network namespaces */
	uint32_t limit;		/* gc_thresh3: no more than this */
};

/**
 * neigh_tables - IPv4's table and IPv6's
 * @tables: result, room for two
 *
 * Return: how many there are; 0 where the kernel does not say
 */
size_t neigh_tables(struct neigh_table tables[2]);

#endif
