// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "nft/table.h"

void table_init(struct table *table)
{
	memset(table, 0, sizeof(*table));
}

static void item_clean(struct item *item)
{
	switch (item->kind) {
	case ITEM_TABLE:
		if (item->table)
			nftnl_table_free(item->table);
		break;
	case ITEM_OBJECT:
		if (item->object)
			nftnl_obj_free(item->object);
		break;
	case ITEM_FLOWTABLE:
		if (item->flowtable)
			nftnl_flowtable_free(item->flowtable);
		break;
	case ITEM_CHAIN:
		if (item->chain)
			nftnl_chain_free(item->chain);
		break;
	case ITEM_SET:
	case ITEM_ELEMENT:
		if (item->set)
			nftnl_set_free(item->set);
		break;
	case ITEM_RULES:
		for (size_t i = 0; i < item->rules.n; i++)
			rule_free(&item->rules.rule[i]);
		break;
	}
	free(item->key);
	free(item->text);
	free(item->owner);
}

void table_clean(struct table *table)
{
	for (size_t i = 0; i < table->n; i++)
		item_clean(&table->items[i]);
	free(table->items);
	table_init(table);
}

int table_add(struct table *table, struct item item, const char *owner)
{
	item.owner = owner ? strdup(owner) : NULL;
	if (!item.key || !item.text || (owner && !item.owner) ||
	    array_room(&table->items, table->n, &table->room, sizeof(item))) {
		item_clean(&item);
		return -ENOMEM;
	}
	table->items[table->n++] = item;
	return 0;
}

int item_compare(const struct item *a, const struct item *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return strcmp(a->key, b->key);
}

static int compare(const void *a, const void *b)
{
	return item_compare(a, b);
}

void table_sort(struct table *table)
{
	if (table->n)
		qsort(table->items, table->n, sizeof(*table->items), compare);
}
