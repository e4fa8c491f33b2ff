// SPDX-License-Identifier: GPL-2.0-only
/* Make the wanted table from the model. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/udata.h>

#include "nft/table.h"

#define TABLE_COMMENT "managed by dnatd; dnatctl(8)"
#define CHAIN_NAME_LEN (sizeof(CHAIN_PREFIX) + SERVICE_NAME_LEN)

/*
 * nft prints these as "filter", "dstnat - 5" and "srcnat - 5", except in the
 * chain output.  The first nat chain with a matching rule decides.  Other
 * programs have rules for local addresses at dstnat and srcnat, for example for
 * published ports, and a VIP is a local address.  A service must not depend on
 * the order of registration, so its chains come earlier.
 */
#define PRIO_FILTER 0
#define PRIO_DSTNAT (NF_IP_PRI_NAT_DST - 5)
#define PRIO_SRCNAT (NF_IP_PRI_NAT_SRC - 5)

static const uint8_t families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };

static int want_table(struct table *table)
{
	struct nftnl_table *t = nftnl_table_alloc();
	struct nftnl_udata_buf *comment = comment_new(NFTNL_UDATA_TABLE_COMMENT,
						      TABLE_COMMENT);
	bool ok = t && comment;

	if (ok) {
		nftnl_table_set_u32(t, NFTNL_TABLE_FAMILY, NFPROTO_INET);
		nftnl_table_set_u32(t, NFTNL_TABLE_FLAGS, 0);
		ok = !nftnl_table_set_str(t, NFTNL_TABLE_NAME, RULESET_TABLE) &&
		     !nftnl_table_set_data(t, NFTNL_TABLE_USERDATA,
					   nftnl_udata_buf_data(comment),
					   nftnl_udata_buf_len(comment));
	}
	if (comment)
		nftnl_udata_buf_free(comment);
	return table_add(table, (struct item){
		.kind = ITEM_TABLE,
		.key = ok ? strdup(RULESET_TABLE) : NULL,
		.text = ok ? text_table(t) : NULL,
		.table = t,
	}, NULL);
}

static int want_helper(struct table *table, const char *name, const char *type,
		       uint8_t proto)
{
	struct nftnl_obj *object = nftnl_obj_alloc();

	if (!object)
		return -ENOMEM;
	nftnl_obj_set_u32(object, NFTNL_OBJ_FAMILY, NFPROTO_INET);
	nftnl_obj_set_u32(object, NFTNL_OBJ_TYPE, NFT_OBJECT_CT_HELPER);
	nftnl_obj_set_str(object, NFTNL_OBJ_TABLE, RULESET_TABLE);
	nftnl_obj_set_str(object, NFTNL_OBJ_NAME, name);
	nftnl_obj_set_str(object, NFTNL_OBJ_CT_HELPER_NAME, type);
	nftnl_obj_set_u16(object, NFTNL_OBJ_CT_HELPER_L3PROTO, NFPROTO_INET);
	nftnl_obj_set_u8(object, NFTNL_OBJ_CT_HELPER_L4PROTO, proto);
	return table_add(table, (struct item){
		.kind = ITEM_OBJECT,
		.key = strdup(name),
		.text = text_object(object),
		.object = object,
	}, NULL);
}

static int want_flowtable(struct table *table, const struct flow_devices *flow)
{
	struct nftnl_flowtable *flowtable = nftnl_flowtable_alloc();
	bool ok;

	if (!flowtable)
		return -ENOMEM;
	nftnl_flowtable_set_u32(flowtable, NFTNL_FLOWTABLE_FAMILY, NFPROTO_INET);
	nftnl_flowtable_set_u32(flowtable, NFTNL_FLOWTABLE_HOOKNUM,
				NF_NETDEV_INGRESS);
	nftnl_flowtable_set_s32(flowtable, NFTNL_FLOWTABLE_PRIO, PRIO_FILTER);
	ok = !nftnl_flowtable_set_str(flowtable, NFTNL_FLOWTABLE_TABLE,
				      RULESET_TABLE) &&
	     !nftnl_flowtable_set_str(flowtable, NFTNL_FLOWTABLE_NAME,
				      FLOWTABLE) &&
	     !nftnl_flowtable_set_data(flowtable, NFTNL_FLOWTABLE_DEVICES,
				       flow->names, 0);
	return table_add(table, (struct item){
		.kind = ITEM_FLOWTABLE,
		.key = ok ? strdup(FLOWTABLE) : NULL,
		.text = ok ? text_flowtable(flowtable) : NULL,
		.flowtable = flowtable,
	}, NULL);
}

/* @type: NULL for a chain without a hook */
static int want_chain(struct table *table, const char *name, const char *type,
		      uint32_t hook, int prio, const char *owner)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();
	int rc;

	if (!chain)
		return -ENOMEM;
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_FAMILY, NFPROTO_INET);
	rc = nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, RULESET_TABLE) ||
	     nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
	if (type) {
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, hook);
		nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, prio);
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
		rc = rc || nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, type);
	}
	return table_add(table, (struct item){
		.kind = ITEM_CHAIN,
		.key = rc ? NULL : key_chain(chain),
		.text = rc ? NULL : text_chain(chain),
		.chain = chain,
	}, owner);
}

/* Takes over @set; NULL is a failure. */
static int want_set(struct table *table, const char *name,
		    struct nftnl_set *set)
{
	return table_add(table, (struct item){
		.kind = ITEM_SET,
		.key = strdup(name),
		.text = set ? text_set(set) : NULL,
		.set = set,
	}, NULL);
}

/* A set or map whose keys are services: protocol, VIP and port. */
static int want_services(struct table *table, const char *name, uint8_t family,
			 bool map)
{
	bool v6 = family == NFPROTO_IPV6;
	uint32_t type = TYPE_CONCAT3(TYPE_INET_PROTOCOL,
				     v6 ? TYPE_IP6ADDR : TYPE_IPADDR,
				     TYPE_INET_SERVICE);

	return want_set(table, name,
			set_new(name, ++table->last_set_id,
				map ? NFT_SET_MAP : 0, type, v6 ? 24 : 12,
				NFT_DATA_VERDICT, 0, ORDER_NONE));
}

static int want_vip_sets(struct table *table)
{
	int rc = want_set(table, SET_VIPS4,
			  set_new(SET_VIPS4, ++table->last_set_id, 0,
				  TYPE_IPADDR, 4, 0, 0, ORDER_NETWORK));

	if (rc)
		return rc;
	return want_set(table, SET_VIPS6,
			set_new(SET_VIPS6, ++table->last_set_id, 0,
				TYPE_IP6ADDR, 16, 0, 0, ORDER_NETWORK));
}

static char *rules_text(const struct rule *rules, size_t n)
{
	char *all = text_rule(rules[0].rule, rules[0].set);

	for (size_t i = 1; all && i < n; i++) {
		if (!text_append(&all, text_rule(rules[i].rule, rules[i].set)))
			continue;
		free(all);
		all = NULL;
	}
	return all;
}

/* Takes over @rules, also on failure. */
static int want_rules(struct table *table, const char *chain,
		      struct rule *rules, size_t n, const char *owner)
{
	struct item item = {
		.kind = ITEM_RULES,
		.key = strdup(chain),
		.text = rules_text(rules, n),
		.rules.n = n,
	};

	memcpy(item.rules.rule, rules, n * sizeof(*rules));
	return table_add(table, item, owner);
}

typedef int (*rule_fn)(struct rule *rule, const char *chain, uint8_t family,
		       uint32_t set_id);

/* A base chain.  @first and @second (or NULL) make a rule for each family. */
static int want_base(struct table *table, const char *chain, const char *type,
		     uint32_t hook, int prio, rule_fn first, rule_fn second)
{
	const rule_fn fns[RULES_MAX] = { first, first, second, second };
	size_t n = second ? RULES_MAX : RULES_MAX / 2;
	struct rule rules[RULES_MAX] = { 0 };
	int rc = want_chain(table, chain, type, hook, prio, NULL);

	for (size_t i = 0; !rc && i < n; i++)
		rc = fns[i](&rules[i], chain, families[i % 2],
			    ++table->last_set_id);
	if (!rc)
		return want_rules(table, chain, rules, n, NULL);
	for (size_t i = 0; i < n; i++)
		rule_free(&rules[i]);
	return rc;
}

/*
 * A service's element: protocol, VIP and port, padded.  @chain: NULL in a set
 */
static struct nftnl_set_elem *element_new(const struct service *service,
					  const char *chain)
{
	struct nftnl_udata_buf *comment = comment_new(NFTNL_UDATA_SET_ELEM_COMMENT,
						      service->name);
	size_t len = addr_len(service->vip.family);
	uint16_t port = htons(service->port);
	uint8_t key[24] = { service->proto };
	struct nftnl_set_elem *elem;
	bool ok;

	memcpy(key + 4, service->vip.bytes, len);
	memcpy(key + 4 + len, &port, sizeof(port));
	elem = element_of_key(key, len + 8);
	ok = comment && elem &&
	     !nftnl_set_elem_set(elem, NFTNL_SET_ELEM_USERDATA,
				 nftnl_udata_buf_data(comment),
				 nftnl_udata_buf_len(comment));
	if (ok && chain) {
		nftnl_set_elem_set_u32(elem, NFTNL_SET_ELEM_VERDICT,
				       (uint32_t)NFT_GOTO);
		ok = !nftnl_set_elem_set_str(elem, NFTNL_SET_ELEM_CHAIN, chain);
	}
	if (comment)
		nftnl_udata_buf_free(comment);
	if (!ok && elem) {
		nftnl_set_elem_free(elem);
		elem = NULL;
	}
	return elem;
}

int table_add_element(struct table *table, const char *set_name,
		      struct nftnl_set_elem *elem, char *text,
		      const char *owner)
{
	struct nftnl_set *set = nftnl_set_alloc();
	char *key;

	if (!elem || !set)
		goto fail;
	nftnl_set_set_u32(set, NFTNL_SET_FAMILY, NFPROTO_INET);
	if (nftnl_set_set_str(set, NFTNL_SET_TABLE, RULESET_TABLE) ||
	    nftnl_set_set_str(set, NFTNL_SET_NAME, set_name))
		goto fail;
	key = key_element(set_name, elem);
	nftnl_set_elem_add(set, elem);
	return table_add(table, (struct item){
		.kind = ITEM_ELEMENT,
		.key = key,
		.text = text,
		.set = set,
	}, owner);

fail:
	if (elem)
		nftnl_set_elem_free(elem);
	if (set)
		nftnl_set_free(set);
	free(text);
	return -ENOMEM;
}

struct nftnl_set_elem *element_of_key(const void *key, size_t len)
{
	struct nftnl_set_elem *elem = nftnl_set_elem_alloc();

	if (!elem || !nftnl_set_elem_set(elem, NFTNL_SET_ELEM_KEY, key,
					 (uint32_t)len))
		return elem;
	nftnl_set_elem_free(elem);
	return NULL;
}

/* @chain: NULL in a set */
static int want_element(struct table *table, const char *set,
			const struct service *service, const char *chain)
{
	struct nftnl_set_elem *elem = element_new(service, chain);

	return table_add_element(table, set, elem,
				 elem ? text_element(elem) : NULL,
				 service->name);
}

static int want_service(struct table *table, enum allocator allocator,
			const struct service *service)
{
	bool v6 = service->vip.family == AF_INET6;
	struct rule rule = { 0 };
	char chain[CHAIN_NAME_LEN];
	int rc;

	snprintf(chain, sizeof(chain), CHAIN_PREFIX "%s", service->name);
	rc = want_chain(table, chain, NULL, 0, 0, service->name);
	if (!rc)
		rc = rule_service(&rule, chain, service, allocator,
				  ++table->last_set_id);
	if (!rc)
		rc = want_rules(table, chain, &rule, 1, service->name);
	if (!rc)
		rc = want_element(table, v6 ? MAP_SERVICES6 : MAP_SERVICES4,
				  service, chain);
	if (!rc && allocator == ALLOC_NF_NAT)
		rc = want_element(table, v6 ? SET_SOURCES6 : SET_SOURCES4,
				  service, NULL);
	return rc;
}

static int want_nf_nat(struct table *table, const struct flow_devices *flow)
{
	int rc = want_services(table, SET_SOURCES4, NFPROTO_IPV4, false);

	if (!rc)
		rc = want_services(table, SET_SOURCES6, NFPROTO_IPV6, false);
	if (!rc)
		rc = want_base(table, "postrouting", "nat", NF_INET_POST_ROUTING,
			       PRIO_SRCNAT, rule_source, rule_routed);
	if (!rc && flow && flow->n)
		rc = want_flowtable(table, flow);
	if (!rc)
		rc = want_base(table, "forward", "filter", NF_INET_FORWARD,
			       PRIO_FILTER, rule_lost,
			       flow && flow->n ? rule_flow : NULL);
	return rc;
}

static bool is_slow(const struct service *service, uint8_t proto)
{
	return service && service->proto == proto && !service->fast;
}

/* Whether a service is slow after @changes (NULL: none). */
static bool slow_needed(const struct model *model,
			const struct changes *changes, uint8_t proto)
{
	size_t n = 0;

	for (size_t i = 0; i < model->n_services; i++)
		n += is_slow(model->services[i], proto);
	for (size_t i = 0; changes && i < changes->n; i++) {
		n += is_slow(changes->list[i].new, proto);
		n -= is_slow(changes->list[i].old, proto);
	}
	return n;
}

static int want_slow(struct table *table, const struct model *model,
		     const struct changes *changes)
{
	int rc = 0;

	if (slow_needed(model, changes, IPPROTO_TCP))
		rc = want_helper(table, HELPER_TCP_SLOW, DNAT_HELPER_NAME_SLOW,
				 IPPROTO_TCP);
	if (!rc && slow_needed(model, changes, IPPROTO_UDP))
		rc = want_helper(table, HELPER_UDP_SLOW, DNAT_HELPER_NAME_SLOW,
				 IPPROTO_UDP);
	return rc;
}

static int want_module(struct table *table, const struct model *model)
{
	int rc = want_helper(table, HELPER_TCP, DNAT_HELPER_NAME, IPPROTO_TCP);

	if (!rc)
		rc = want_helper(table, HELPER_UDP, DNAT_HELPER_NAME,
				 IPPROTO_UDP);
	if (!rc)
		rc = want_slow(table, model, NULL);
	if (!rc)
		rc = want_base(table, "postrouting", "nat", NF_INET_POST_ROUTING,
			       PRIO_SRCNAT, rule_routed, NULL);
	return rc;
}

int table_want(struct table *table, enum allocator allocator,
	       const struct model *model, const struct flow_devices *flow)
{
	int rc = want_table(table);

	if (!rc)
		rc = allocator == ALLOC_MODULE ?
			     want_module(table, model) :
			     want_nf_nat(table, flow);
	if (!rc)
		rc = want_services(table, MAP_SERVICES4, NFPROTO_IPV4, true);
	if (!rc)
		rc = want_services(table, MAP_SERVICES6, NFPROTO_IPV6, true);
	if (!rc)
		rc = want_vip_sets(table);
	if (!rc)
		rc = want_base(table, "prerouting", "nat", NF_INET_PRE_ROUTING,
			       PRIO_DSTNAT, rule_dispatch, NULL);
	if (!rc)
		rc = want_base(table, "output", "nat", NF_INET_LOCAL_OUT,
			       PRIO_DSTNAT, rule_dispatch, NULL);
	if (!rc)
		rc = want_base(table, "input", "filter", NF_INET_LOCAL_IN,
			       PRIO_FILTER, rule_stray, NULL);
	for (size_t i = 0; !rc && i < model->n_services; i++)
		rc = want_service(table, allocator, model->services[i]);
	if (!rc)
		rc = table_want_vips(table, model);
	if (!rc)
		table_sort(table);
	return rc;
}

int table_want_changes(struct table *table, enum allocator allocator,
		       const struct model *model, const struct changes *changes,
		       bool made)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < changes->n; i++) {
		const struct change *change = &changes->list[i];
		const struct service *service = made ? change->new :
						       change->old;

		if (service)
			rc = want_service(table, allocator, service);
	}
	if (!rc && allocator == ALLOC_MODULE)
		rc = want_slow(table, model, made ? changes : NULL);
	if (!rc)
		rc = table_want_changed_vips(table, model, changes, made);
	if (!rc)
		table_sort(table);
	return rc;
}
