/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table inet dnatd as a list of items, each with a key that tells it from
 * the others and a text that says all that counts about it.  The table as it
 * should be and the table as the kernel has it come in the same form, so that
 * to reconcile is to compare two sorted lists.
 */
#ifndef DNAT_TABLE_H
#define DNAT_TABLE_H

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/flowtable.h>
#include <libnftnl/object.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/types.h"
#include "model/slots.h"
#include "net/netlink.h"
#include "nft/rule.h"

#define CHAIN_PREFIX "svc-"	/* of a service's chain, before its name */
#define RULES_MAX 4		/* in one chain */

enum item_kind {
	ITEM_TABLE,
	ITEM_OBJECT,
	ITEM_FLOWTABLE,
	ITEM_CHAIN,
	ITEM_SET,
	ITEM_RULES,		/* all rules of one chain */
	ITEM_ELEMENT,		/* of a named set or map */
};

struct item {
	enum item_kind kind;
	char *key;
	char *text;
	char *owner;		/* the service it belongs to, NULL for none */
	union {
		struct nftnl_table *table;
		struct nftnl_obj *object;
		struct nftnl_flowtable *flowtable;
		struct nftnl_chain *chain;
		struct nftnl_set *set;	/* of an element: a set with that one */
		struct {
			struct rule rule[RULES_MAX];	/* of what is wanted only */
			size_t n;
			uint64_t packets;	/* of the first counter */
			uint64_t bytes;
		} rules;
	};
};

struct table {
	size_t n;
	size_t room;
	struct item *items;
	uint32_t last_set_id;
};

/* The interfaces of the flowtable; @n 0: there is none. */
struct flow_devices {
	size_t n;
	const char **names;	/* and a NULL */
};

void table_init(struct table *table);
void table_clean(struct table *table);

/**
 * table_want - all that the table must hold
 * @flow: for allocator nf_nat, NULL for no flowtable
 *
 * The items are sorted.
 *
 * Return: 0 or -ENOMEM
 */
int table_want(struct table *table, enum allocator allocator,
	       const struct model *model, const struct flow_devices *flow);

/**
 * table_want_changes - only what hangs on the services that change
 * @model: all services, before the changes
 * @made: as it is with the changes, not before them
 *
 * That is what belongs to those services, and the helpers that are there only
 * while some service needs them.  The items are sorted.
 *
 * Return: 0 or -ENOMEM
 */
int table_want_changes(struct table *table, enum allocator allocator,
		       const struct model *model, const struct changes *changes,
		       bool made);

/**
 * table_read - what the kernel has
 *
 * Return: 0, -EINTR: it changed meanwhile, or a negative errno
 */
int table_read(struct table *table, struct nl *nl);

/**
 * table_read_counter - packets and bytes that a chain's first rule counted
 *
 * Return: 0, -ENOENT where there is no such chain, rule or counter
 */
int table_read_counter(struct nl *nl, const char *chain, uint64_t *packets,
		       uint64_t *bytes);

/* What both halves build tables with. */

/**
 * table_add_element - a new item: an element of a named set or map
 * @elem: taken over, also on failure; NULL counts as failure
 * @owner: as for table_add()
 *
 * Return: 0 or -ENOMEM
 */
int table_add_element(struct table *table, const char *set,
		      struct nftnl_set_elem *elem, const char *owner);

/* The elements of the sets of VIPs, each VIP once: table_vips.c */
int table_want_vips(struct table *table, const struct model *model);

/**
 * table_want_changed_vips - only those that @changes may add or take away
 * @model: before the changes
 * @made: those that are VIPs with the changes, not before them
 *
 * Return: 0 or -ENOMEM
 */
int table_want_changed_vips(struct table *table, const struct model *model,
			    const struct changes *changes, bool made);

/**
 * table_add - a new item at the end
 * @item: what it has is taken over, also on failure; a key or text that is NULL
 *	counts as failure
 * @owner: copied, may be NULL
 *
 * Return: 0 or -ENOMEM
 */
int table_add(struct table *table, struct item item, const char *owner);
void table_sort(struct table *table);
int item_compare(const struct item *a, const struct item *b);

/* Keys and texts; malloced, NULL without memory. */
char *text_table(const struct nftnl_table *table);
char *text_object(const struct nftnl_obj *object);
char *text_flowtable(const struct nftnl_flowtable *flowtable);
char *text_chain(const struct nftnl_chain *chain);
char *text_set(const struct nftnl_set *set);
char *text_element(const struct nftnl_set_elem *elem);
char *key_chain(const struct nftnl_chain *chain);	/* hooked chains sort first */
char *key_element(const char *set, const struct nftnl_set_elem *elem);

/**
 * text_rule - one rule
 * @set: the anonymous set that its lookups without a name of ours use; its
 *	elements stand in the text instead of its name
 */
char *text_rule(const struct nftnl_rule *rule, const struct nftnl_set *set);

/* The name of the first anonymous set that @rule looks up, NULL for none. */
const char *rule_anonymous_set(const struct nftnl_rule *rule);

#endif
