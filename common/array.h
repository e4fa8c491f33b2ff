/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays that grow, and those that are sorted. */
#ifndef DNAT_ARRAY_H
#define DNAT_ARRAY_H

#include <stddef.h>

/**
 * array_room - have room for one more
 * @list: where the pointer to the array is, which may be NULL
 * @n: how many it has
 * @room: how many it has room for; grows with the array
 * @size: of one, in bytes
 *
 * Return: 0, or -ENOMEM with the array as it was
 */
int array_room(void *list, size_t n, size_t *room, size_t size);

/**
 * array_first - where the first is that does not come before @key
 * @list: @n sorted ones of @size bytes
 * @compare: as for bsearch()
 *
 * Return: its index, or @n
 */
size_t array_first(const void *list, size_t n, size_t size, const void *key,
		   int (*compare)(const void *key, const void *item));

#endif
