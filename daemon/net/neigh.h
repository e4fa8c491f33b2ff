/* SPDX-License-Identifier: GPL-2.0-only */
/* The number of entries in the kernel's neighbour tables. */
#ifndef DNAT_NEIGH_H
#define DNAT_NEIGH_H

#include <stddef.h>
#include <stdint.h>

struct neigh_table {
	uint8_t family;
	uint32_t entries;	/* in all network namespaces */
	uint32_t limit;		/* gc_thresh3, the maximum */
};

/**
 * neigh_tables - read the tables of IPv4 and IPv6
 * @tables: result, room for two
 *
 * Return: the number of tables; 0 on an error
 */
size_t neigh_tables(struct neigh_table tables[2]);

#endif
