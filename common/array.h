/* SPDX-License-Identifier: GPL-2.0-only */
/* Growing arrays and sorted arrays. */
#ifndef DNAT_ARRAY_H
#define DNAT_ARRAY_H

#include <stddef.h>

/**
 * array_room - make room for one more item
 * @list: address of the pointer to the array; the pointer may be NULL
 * @n: number of items
 * @room: number of items that fit; updated
 * @size: bytes of one item
 *
 * Return: 0, or -ENOMEM with the array unchanged
 */
int array_room(void *list, size_t n, size_t *room, size_t size);

/**
 * array_first - find the first item that is not less than @key
 * @list: @n sorted items of @size bytes each
 * @compare: as for bsearch()
 *
 * Return: its index, or @n if all items are less
 */
size_t array_first(const void *list, size_t n, size_t size, const void *key,
		   int (*compare)(const void *key, const void *item));

#endif
