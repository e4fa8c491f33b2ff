// SPDX-License-Identifier: GPL-2.0-only
/* Read the kernel's table from its dumps. */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/udata.h>

#include "nft/table.h"
#include "nft/table_read.h"

static bool is_ours(const char *table)
{
	return table && !strcmp(table, RULESET_TABLE);
}

/* The comment of a service's elements is the name of the service. */
static const char *element_owner(struct nftnl_set_elem *elem)
{
	const struct nftnl_udata *attr;
	uint32_t len = 0;
	const void *data;

	if (!nftnl_set_elem_is_set(elem, NFTNL_SET_ELEM_USERDATA))
		return NULL;
	data = nftnl_set_elem_get(elem, NFTNL_SET_ELEM_USERDATA, &len);
	attr = data;
	if (!data || len < 3 || nftnl_udata_len(attr) + 2u > len ||
	    nftnl_udata_type(attr) != NFTNL_UDATA_SET_ELEM_COMMENT)
		return NULL;
	data = nftnl_udata_get(attr);
	return memchr(data, '\0', nftnl_udata_len(attr)) ? data : NULL;
}

static const char *chain_owner(const char *chain)
{
	if (strncmp(chain, CHAIN_PREFIX, strlen(CHAIN_PREFIX)))
		return NULL;
	return chain + strlen(CHAIN_PREFIX);
}

static int take_table(struct table_read *read, const struct nlmsghdr *nlh)
{
	struct nftnl_table *table = nftnl_table_alloc();

	if (!table)
		return -ENOMEM;
	if (nftnl_table_nlmsg_parse(nlh, table) < 0 ||
	    !is_ours(nftnl_table_get_str(table, NFTNL_TABLE_NAME))) {
		nftnl_table_free(table);
		return 0;
	}
	return table_add(read->table, (struct item){
		.kind = ITEM_TABLE,
		.key = strdup(RULESET_TABLE),
		.text = text_table(table),
		.table = table,
	}, NULL);
}

static int take_chain(struct table_read *read, const struct nlmsghdr *nlh)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();
	const char *name;

	if (!chain)
		return -ENOMEM;
	if (nftnl_chain_nlmsg_parse(nlh, chain) < 0 ||
	    !is_ours(nftnl_chain_get_str(chain, NFTNL_CHAIN_TABLE)) ||
	    !(name = nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME))) {
		nftnl_chain_free(chain);
		return 0;
	}
	return table_add(read->table, (struct item){
		.kind = ITEM_CHAIN,
		.key = key_chain(chain),
		.text = text_chain(chain),
		.chain = chain,
	}, chain_owner(name));
}

static int take_object(struct table_read *read, const struct nlmsghdr *nlh)
{
	struct nftnl_obj *object = nftnl_obj_alloc();
	const char *name;

	if (!object)
		return -ENOMEM;
	if (nftnl_obj_nlmsg_parse(nlh, object) < 0 ||
	    !is_ours(nftnl_obj_get_str(object, NFTNL_OBJ_TABLE)) ||
	    !(name = nftnl_obj_get_str(object, NFTNL_OBJ_NAME))) {
		nftnl_obj_free(object);
		return 0;
	}
	return table_add(read->table, (struct item){
		.kind = ITEM_OBJECT,
		.key = strdup(name),
		.text = text_object(object),
		.object = object,
	}, NULL);
}

static int take_flowtable(struct table_read *read, const struct nlmsghdr *nlh)
{
	struct nftnl_flowtable *flowtable = nftnl_flowtable_alloc();
	const char *name;

	if (!flowtable)
		return -ENOMEM;
	if (nftnl_flowtable_nlmsg_parse(nlh, flowtable) < 0 ||
	    !is_ours(nftnl_flowtable_get_str(flowtable, NFTNL_FLOWTABLE_TABLE)) ||
	    !(name = nftnl_flowtable_get_str(flowtable, NFTNL_FLOWTABLE_NAME))) {
		nftnl_flowtable_free(flowtable);
		return 0;
	}
	return table_add(read->table, (struct item){
		.kind = ITEM_FLOWTABLE,
		.key = strdup(name),
		.text = text_flowtable(flowtable),
		.flowtable = flowtable,
	}, NULL);
}

static int take_set(struct table_read *read, const struct nlmsghdr *nlh)
{
	struct nftnl_set *set = nftnl_set_alloc();

	if (!set)
		return -ENOMEM;
	if (nftnl_set_nlmsg_parse(nlh, set) < 0 ||
	    !is_ours(nftnl_set_get_str(set, NFTNL_SET_TABLE)) ||
	    !nftnl_set_get_str(set, NFTNL_SET_NAME)) {
		nftnl_set_free(set);
		return 0;
	}
	nftnl_set_list_add_tail(set, read->sets);
	return 0;
}

static int take_elements(struct table_read *read, const struct nlmsghdr *nlh)
{
	if (read->set)
		nftnl_set_elems_nlmsg_parse(nlh, read->set);
	return 0;
}

static int take_rule(struct table_read *read, const struct nlmsghdr *nlh)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();

	if (!rule)
		return -ENOMEM;
	if (nftnl_rule_nlmsg_parse(nlh, rule) < 0 ||
	    !is_ours(nftnl_rule_get_str(rule, NFTNL_RULE_TABLE)) ||
	    !nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN)) {
		nftnl_rule_free(rule);
		return 0;
	}
	nftnl_rule_list_add_tail(rule, read->rules);
	return 0;
}

int table_read_message(const struct nlmsghdr *nlh, void *data)
{
	struct table_read *read = data;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
		return 0;
	switch (NFNL_MSG_TYPE(nlh->nlmsg_type)) {
	case NFT_MSG_NEWTABLE:
		return take_table(read, nlh);
	case NFT_MSG_NEWCHAIN:
		return take_chain(read, nlh);
	case NFT_MSG_NEWOBJ:
		return take_object(read, nlh);
	case NFT_MSG_NEWFLOWTABLE:
		return take_flowtable(read, nlh);
	case NFT_MSG_NEWSET:
		return take_set(read, nlh);
	case NFT_MSG_NEWSETELEM:
		return take_elements(read, nlh);
	case NFT_MSG_NEWRULE:
		return take_rule(read, nlh);
	}
	return 0;
}

int table_read_init(struct table_read *read, struct table *table)
{
	memset(read, 0, sizeof(*read));
	read->table = table;
	read->sets = nftnl_set_list_alloc();
	read->rules = nftnl_rule_list_alloc();
	if (read->sets && read->rules)
		return 0;
	table_read_clean(read);
	return -ENOMEM;
}

void table_read_clean(struct table_read *read)
{
	if (read->sets)
		nftnl_set_list_free(read->sets);
	if (read->rules)
		nftnl_rule_list_free(read->rules);
	read->sets = NULL;
	read->rules = NULL;
}

struct element_ctx {
	struct table *table;
	const struct nftnl_set *set;
};

/* The item has only the key, which suffices to delete it. */
static int add_element(struct nftnl_set_elem *elem, void *data)
{
	struct element_ctx *ctx = data;
	uint32_t len = 0;
	const void *key;

	if (!nftnl_set_elem_is_set(elem, NFTNL_SET_ELEM_KEY))
		return 0;
	key = nftnl_set_elem_get(elem, NFTNL_SET_ELEM_KEY, &len);
	return table_add_element(ctx->table,
				 nftnl_set_get_str(ctx->set, NFTNL_SET_NAME),
				 element_of_key(key, len), text_element(elem),
				 element_owner(elem));
}

static int add_set(struct nftnl_set *set, void *data)
{
	struct table_read *read = data;
	struct element_ctx ctx = { .table = read->table, .set = set };

	if (nftnl_set_get_u32(set, NFTNL_SET_FLAGS) & NFT_SET_ANONYMOUS)
		return 0;
	if (table_add(read->table, (struct item){
			.kind = ITEM_SET,
			.key = strdup(nftnl_set_get_str(set, NFTNL_SET_NAME)),
			.text = text_set(set),
		}, NULL))
		return -1;
	return nftnl_set_elem_foreach(set, add_element, &ctx);
}

static void take_counter(struct item *item, const struct nftnl_rule *rule)
{
	struct nftnl_expr *counter = rule_counter(rule);

	if (!counter || item->rules.packets)
		return;
	item->rules.packets = nftnl_expr_get_u64(counter, NFTNL_EXPR_CTR_PACKETS);
	item->rules.bytes = nftnl_expr_get_u64(counter, NFTNL_EXPR_CTR_BYTES);
}

/* A dump has the rules chain by chain, in their order. */
static int add_rule(struct nftnl_rule *rule, void *data)
{
	const char *chain = nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN);
	const char *anonymous = rule_anonymous_set(rule);
	struct table_read *read = data;
	struct table *table = read->table;
	const struct nftnl_set *set = NULL;
	struct item *last = table->n ? &table->items[table->n - 1] : NULL;
	struct item item = { .kind = ITEM_RULES };
	char *text;

	if (anonymous)
		set = nftnl_set_list_lookup_byname(read->sets, anonymous);
	text = text_rule(rule, set);
	if (last && last->kind == ITEM_RULES && !strcmp(last->key, chain)) {
		take_counter(last, rule);
		return text_append(&last->text, text);
	}

	take_counter(&item, rule);
	item.key = strdup(chain);
	item.text = text;
	return table_add(table, item, chain_owner(chain));
}

int table_read_finish(struct table_read *read)
{
	if (nftnl_set_list_foreach(read->sets, add_set, read) < 0 ||
	    nftnl_rule_list_foreach(read->rules, add_rule, read) < 0)
		return -ENOMEM;
	table_sort(read->table);
	return 0;
}

static int dump(struct table_read *read, struct nl *nl, uint16_t type,
		uint16_t table_attr, uint16_t name_attr, const char *name)
{
	NL_REQUEST_BUF(buf);
	struct nlmsghdr *nlh = nl_netfilter(nl, buf, NFNL_SUBSYS_NFTABLES, type,
					    NLM_F_DUMP, NFPROTO_INET);
	int rc;

	if (table_attr)
		mnl_attr_put_strz(nlh, table_attr, RULESET_TABLE);
	if (name)
		mnl_attr_put_strz(nlh, name_attr, name);
	rc = nl_talk(nl, nlh, table_read_message, read);

	/* The table, set or chain was deleted after it was listed. */
	return rc == -ENOENT ? -EINTR : rc;
}

struct elements_ctx {
	struct table_read *read;
	struct nl *nl;
	int rc;
};

static int dump_elements(struct nftnl_set *set, void *data)
{
	struct elements_ctx *ctx = data;

	ctx->read->set = set;
	ctx->rc = dump(ctx->read, ctx->nl, NFT_MSG_GETSETELEM,
		       NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_LIST_SET,
		       nftnl_set_get_str(set, NFTNL_SET_NAME));
	ctx->read->set = NULL;
	return ctx->rc;
}

static int read_all(struct table_read *read, struct nl *nl)
{
	static const struct {
		uint16_t type, table_attr;
	} parts[] = {
		{ NFT_MSG_GETCHAIN, 0 },
		{ NFT_MSG_GETOBJ, NFTA_OBJ_TABLE },
		{ NFT_MSG_GETFLOWTABLE, NFTA_FLOWTABLE_TABLE },
		{ NFT_MSG_GETSET, NFTA_SET_TABLE },
		{ NFT_MSG_GETRULE, NFTA_RULE_TABLE },
	};
	struct elements_ctx ctx = { .read = read, .nl = nl };
	int rc = dump(read, nl, NFT_MSG_GETTABLE, 0, 0, NULL);

	if (rc || !read->table->n)
		return rc;
	for (size_t i = 0; !rc && i < sizeof(parts) / sizeof(parts[0]); i++)
		rc = dump(read, nl, parts[i].type, parts[i].table_attr, 0, NULL);
	if (rc)
		return rc;
	if (nftnl_set_list_foreach(read->sets, dump_elements, &ctx) < 0)
		return ctx.rc ? ctx.rc : -ENOMEM;
	return table_read_finish(read);
}

int table_read(struct table *table, struct nl *nl)
{
	struct table_read read;
	int rc = table_read_init(&read, table);

	if (rc)
		return rc;
	rc = read_all(&read, nl);
	table_read_clean(&read);
	return rc;
}

static int first_counter(struct nftnl_rule *rule, void *data)
{
	take_counter(data, rule);
	return 0;
}

int table_read_counter(struct nl *nl, const char *chain, uint64_t *packets,
		       uint64_t *bytes)
{
	struct item item = { .kind = ITEM_RULES };
	struct table table;
	struct table_read read;
	int rc;

	table_init(&table);
	rc = table_read_init(&read, &table);
	if (rc)
		return rc;
	rc = dump(&read, nl, NFT_MSG_GETRULE, NFTA_RULE_TABLE, NFTA_RULE_CHAIN,
		  chain);
	if (!rc)
		nftnl_rule_list_foreach(read.rules, first_counter, &item);
	table_read_clean(&read);
	*packets = item.rules.packets;
	*bytes = item.rules.bytes;
	return rc;
}
