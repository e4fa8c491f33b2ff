/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table inet dnatd as a list of items.  Each item has a unique key, and a
 * text with everything that must be compared.  The wanted table and the
 * kernel's table have the same form, so that two sorted lists can be compared.
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

#define CHAIN_PREFIX "svc-"	/* a service's chain is CHAIN_PREFIX NAME */
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
	char *owner;		/* name of its service, or NULL */
	union {
		struct nftnl_table *table;
		struct nftnl_obj *object;
		struct nftnl_flowtable *flowtable;
		struct nftnl_chain *chain;
		struct nftnl_set *set;	/* ITEM_ELEMENT: only this element */
		struct {
			struct rule rule[RULES_MAX];	/* if wanted */
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

/* The interfaces of the flowtable; @n 0: no flowtable. */
struct flow_devices {
	size_t n;
	const char **names;	/* ends with NULL */
};

void table_init(struct table *table);
void table_clean(struct table *table);

/**
 * table_want - add all items of the wanted table
 * @flow: interfaces of the flowtable for allocator nf_nat; NULL: no flowtable
 *
 * The items are sorted.
 *
 * Return: 0 or -ENOMEM
 */
int table_want(struct table *table, enum allocator allocator,
	       const struct model *model, const struct flow_devices *flow);

/**
 * table_want_changes - add only the items that @changes can affect
 * @model: all services before the changes
 * @made: the items after the changes; false: before the changes
 *
 * These are the items of the changed services, their VIPs, and helpers that
 * exist only while a service needs them.  The items are sorted.
 *
 * Return: 0 or -ENOMEM
 */
int table_want_changes(struct table *table, enum allocator allocator,
		       const struct model *model, const struct changes *changes,
		       bool made);

/**
 * table_read - read the kernel's table
 *
 * Return: 0 or a negative errno; -EINTR: the ruleset changed meanwhile
 */
int table_read(struct table *table, struct nl *nl);

/**
 * table_read_counter - read the first counter of a chain
 * @packets: result; 0 if there is no such chain or counter
 * @bytes: result
 *
 * Return: 0 or a negative errno
 */
int table_read_counter(struct nl *nl, const char *chain, uint64_t *packets,
		       uint64_t *bytes);

/* For table_want() and table_read(). */

/**
 * table_add_element - add an item for an element of a named set or map
 * @elem: taken over, also on failure; NULL is a failure
 * @text: text_element() of all that it has; taken over, NULL is a failure
 * @owner: as for table_add()
 *
 * Return: 0 or -ENOMEM
 */
int table_add_element(struct table *table, const char *set,
		      struct nftnl_set_elem *elem, char *text,
		      const char *owner);

/* An element with nothing but @key.  NULL: no memory */
struct nftnl_set_elem *element_of_key(const void *key, size_t len);

/* Add the elements of the sets of VIPs, each VIP once (table_vips.c). */
int table_want_vips(struct table *table, const struct model *model);

/**
 * table_want_changed_vips - add only VIPs that @changes may add or remove
 * @model: the model before the changes
 * @made: the VIPs after the changes; false: before the changes
 *
 * Return: 0 or -ENOMEM
 */
int table_want_changed_vips(struct table *table, const struct model *model,
			    const struct changes *changes, bool made);

/**
 * table_add - add an item at the end
 * @item: its members are taken over, also on failure; if key or text is NULL,
 *	this is a failure
 * @owner: copied, may be NULL
 *
 * Return: 0 or -ENOMEM
 */
int table_add(struct table *table, struct item item, const char *owner);
void table_sort(struct table *table);
int item_compare(const struct item *a, const struct item *b);

/* Make keys and texts.  The caller frees the result.  NULL: no memory */
char *text_table(const struct nftnl_table *table);
char *text_object(const struct nftnl_obj *object);
char *text_flowtable(const struct nftnl_flowtable *flowtable);
char *text_chain(const struct nftnl_chain *chain);
char *text_set(const struct nftnl_set *set);
char *text_element(const struct nftnl_set_elem *elem);
char *key_chain(const struct nftnl_chain *chain);	/* base chains first */
char *key_element(const char *set, const struct nftnl_set_elem *elem);

/**
 * text_rule - make the text of a rule
 * @set: its anonymous set, or NULL; the text has the elements and not the name,
 *	which the kernel chooses
 */
char *text_rule(const struct nftnl_rule *rule, const struct nftnl_set *set);

/* Add @more, which is freed, to the end of @text.  Return: 0 or -ENOMEM */
int text_append(char **text, char *more);

/*
 * The name of the first anonymous set that @rule uses, owned by @rule; or NULL.
 */
const char *rule_anonymous_set(const struct nftnl_rule *rule);

#endif
