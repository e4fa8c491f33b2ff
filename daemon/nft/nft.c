// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libnftnl/expr.h>

#include "net/link.h"
#include "nft/batch.h"
#include "nft/generation.h"
#include "nft/nft.h"
#include "nft/nft_flow.h"
#include "nft/table.h"

/* Number of attempts if other programs change the ruleset meanwhile. */
#define TRIES 3

/* The same at the start, when nothing else waits for dnatd. */
#define START_TRIES 100

struct nft {
	struct nl nl;
	struct nft_flow flow;
};

struct nft *nft_open(struct err *err)
{
	struct nft *nft = calloc(1, sizeof(*nft));
	uint32_t generation;
	int rc;

	if (!nft) {
		err_no_memory(err);
		return NULL;
	}
	if (nl_open(&nft->nl, NETLINK_NETFILTER, err)) {
		free(nft);
		return NULL;
	}
	rc = generation_get(&nft->nl, &generation);
	if (!rc)
		return nft;

	if (rc == -EPERM)
		err_set(err, rc, NULL,
			"not allowed to use nftables: dnatd needs CAP_NET_ADMIN");
	else
		err_set(err, rc, NULL,
			"the kernel does not answer as nf_tables: %s; it needs CONFIG_NF_TABLES and CONFIG_NF_TABLES_INET",
			nl_reason(&nft->nl, rc));
	nft_close(nft);
	return NULL;
}

void nft_close(struct nft *nft)
{
	if (!nft)
		return;
	nft_flow_clean(&nft->flow);
	nl_close(&nft->nl);
	free(nft);
}

unsigned int nft_portid(const struct nft *nft)
{
	return nft->nl.portid;
}

/* Items of both tables with the same key; NULL: only one table has it. */
struct pair {
	const struct item *have;
	struct item *want;
};

struct diff {
	size_t n;
	struct pair *pairs;
};

static void rules_set_counter(struct item *item, uint64_t packets,
			      uint64_t bytes)
{
	struct nftnl_expr *counter = NULL;

	if (item->rules.n)
		counter = rule_counter(item->rules.rule[0].rule);
	if (!counter)
		return;
	nftnl_expr_set_u64(counter, NFTNL_EXPR_CTR_PACKETS, packets);
	nftnl_expr_set_u64(counter, NFTNL_EXPR_CTR_BYTES, bytes);
	rule_set_turn(&item->rules.rule[0], packets);
}

/*
 * List the items that differ.  Wanted rules that replace others get their
 * counters.
 */
static int diff_new(struct diff *diff, const struct table *have,
		    struct table *want)
{
	size_t h = 0, w = 0;
	struct pair pair;
	int order;

	diff->n = 0;
	diff->pairs = calloc(have->n + want->n + 1, sizeof(*diff->pairs));
	if (!diff->pairs)
		return -ENOMEM;

	while (h < have->n || w < want->n) {
		if (h == have->n)
			order = 1;
		else if (w == want->n)
			order = -1;
		else
			order = item_compare(&have->items[h], &want->items[w]);

		pair.have = order <= 0 ? &have->items[h++] : NULL;
		pair.want = order >= 0 ? &want->items[w++] : NULL;
		if (!order && pair.want->kind == ITEM_RULES)
			rules_set_counter(pair.want, pair.have->rules.packets,
					  pair.have->rules.bytes);
		if (!order && !strcmp(pair.have->text, pair.want->text))
			continue;
		diff->pairs[diff->n++] = pair;
	}
	return 0;
}

/*
 * Whether the whole table must be replaced, because others refer to the item.
 */
static bool is_shape(const struct pair *pair)
{
	switch (pair->have ? pair->have->kind : pair->want->kind) {
	case ITEM_TABLE:
	case ITEM_SET:
		return true;
	case ITEM_FLOWTABLE:
		return !pair->have || !pair->want;
	case ITEM_OBJECT:
	case ITEM_CHAIN:
		return pair->have && pair->want;
	case ITEM_RULES:
	case ITEM_ELEMENT:
		break;
	}
	return false;
}

static bool diff_is_shape(const struct diff *diff)
{
	for (size_t i = 0; i < diff->n; i++)
		if (is_shape(&diff->pairs[i]))
			return true;
	return false;
}

static void del_kind(struct batch *batch, const struct diff *diff,
		     enum item_kind kind)
{
	for (size_t i = 0; i < diff->n; i++)
		if (diff->pairs[i].have && diff->pairs[i].have->kind == kind)
			batch_del(batch, diff->pairs[i].have);
}

static void add_kind(struct batch *batch, const struct diff *diff,
		     enum item_kind kind)
{
	for (size_t i = 0; i < diff->n; i++)
		if (diff->pairs[i].want && diff->pairs[i].want->kind == kind)
			batch_add(batch, diff->pairs[i].want);
}

/* A chain that we add may exist already and have rules: delete these. */
static void empty_new_chains(struct batch *batch, const struct diff *diff)
{
	for (size_t i = 0; i < diff->n; i++)
		if (!diff->pairs[i].have &&
		    diff->pairs[i].want->kind == ITEM_RULES)
			batch_del(batch, diff->pairs[i].want);
}

static void update_flowtable(struct batch *batch, const struct diff *diff)
{
	for (size_t i = 0; i < diff->n; i++) {
		const struct pair *pair = &diff->pairs[i];

		if (pair->have && pair->want &&
		    pair->have->kind == ITEM_FLOWTABLE)
			nft_flow_update(batch,
					nftnl_flowtable_get(pair->have->flowtable,
							    NFTNL_FLOWTABLE_DEVICES),
					pair->want);
	}
}

/*
 * Delete what refers to a chain or an object, then the chain or object itself.
 * Add in the opposite order.
 */
static int send_parts(struct nft *nft, const struct diff *diff,
		      uint32_t generation, struct err *err)
{
	struct batch *batch = batch_new(generation);
	int rc;

	if (!batch)
		return err_no_memory(err);
	del_kind(batch, diff, ITEM_RULES);
	del_kind(batch, diff, ITEM_ELEMENT);
	del_kind(batch, diff, ITEM_CHAIN);
	del_kind(batch, diff, ITEM_OBJECT);
	add_kind(batch, diff, ITEM_OBJECT);
	update_flowtable(batch, diff);
	add_kind(batch, diff, ITEM_CHAIN);
	empty_new_chains(batch, diff);
	add_kind(batch, diff, ITEM_RULES);
	add_kind(batch, diff, ITEM_ELEMENT);
	rc = batch_send(batch, &nft->nl, false, err);
	batch_free(batch);
	return rc;
}

static int send_whole(struct nft *nft, const struct table *have,
		      const struct table *want, uint32_t generation,
		      struct err *err)
{
	static const enum item_kind order[] = {
		ITEM_TABLE, ITEM_OBJECT, ITEM_FLOWTABLE, ITEM_CHAIN, ITEM_SET,
		ITEM_RULES, ITEM_ELEMENT,
	};
	struct batch *batch = batch_new(generation);
	int rc;

	if (!batch)
		return err_no_memory(err);
	if (have->n)
		batch_del(batch, &have->items[0]);
	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (size_t i = 0; i < want->n; i++)
			if (want->items[i].kind == order[k])
				batch_add(batch, &want->items[i]);
	rc = batch_send(batch, &nft->nl, false, err);
	batch_free(batch);
	return rc;
}

/* Read the kernel's table, all parts from the same generation. */
static int read_settled(struct nft *nft, struct table *have,
			uint32_t *generation)
{
	uint32_t after;
	int rc = -EINTR;

	for (int i = 0; i < TRIES && (rc == -EINTR || rc == -ENOBUFS); i++) {
		table_clean(have);
		rc = generation_get(&nft->nl, generation);
		if (!rc)
			rc = table_read(have, &nft->nl);
		if (!rc)
			rc = generation_get(&nft->nl, &after);
		if (!rc && after != *generation)
			rc = -EINTR;
	}
	return rc;
}

static int unsettled(struct err *err)
{
	return err_set(err, -EINTR, NULL,
		       "cannot read table inet %s: another program keeps changing rules",
		       RULESET_TABLE);
}

static int reconcile_once(struct nft *nft, struct table *want, bool whole,
			  bool *parts, bool *changed, struct err *err)
{
	struct diff diff = { 0 };
	struct table have;
	uint32_t generation = 0;
	int rc;

	*parts = false;
	table_init(&have);
	rc = read_settled(nft, &have, &generation);
	if (rc == -EINTR) {
		unsettled(err);
		goto out;
	}
	if (rc) {
		err_set(err, rc, NULL, "cannot read table inet %s: %s",
			RULESET_TABLE, nl_reason(&nft->nl, rc));
		goto out;
	}
	rc = diff_new(&diff, &have, want);
	if (rc) {
		err_no_memory(err);
		goto out;
	}
	if (!diff.n)
		goto out;

	*parts = !whole && !diff_is_shape(&diff);
	rc = *parts ? send_parts(nft, &diff, generation, err) :
		      send_whole(nft, &have, want, generation, err);
	*changed = !rc;

out:
	free(diff.pairs);
	table_clean(&have);
	return rc;
}

int nft_reconcile(struct nft *nft, enum allocator allocator,
		  const struct model *model, bool *changed, struct err *err)
{
	struct flow_devices devices = { 0 };
	bool whole = false, parts;
	struct table want;
	int rc = 0;

	*changed = false;
	table_init(&want);
	if (allocator == ALLOC_NF_NAT) {
		rc = link_up_names(&devices.names, &devices.n, err);
		if (rc)
			goto out;
		if (devices.n && !nft->flow.on)
			rc = nft_flow_ask(&nft->flow, &nft->nl, &devices);
	}
	if (!rc)
		rc = table_want(&want, allocator, model,
				nft->flow.on ? &devices : NULL);
	if (rc) {
		err_no_memory(err);
		goto out;
	}

	for (int i = 0; i < TRIES; i++) {
		rc = reconcile_once(nft, &want, whole, &parts, changed, err);
		if (rc == -ERESTART)
			continue;
		if (!rc || !parts)
			break;
		/* An unknown object may use a part: replace the whole table. */
		whole = true;
	}
	if (rc == -ERESTART)
		rc = unsettled(err);
	if (!rc && nft->flow.on)
		nft_flow_set(&nft->flow, &devices);
out:
	link_names_free(devices.names);
	table_clean(&want);
	return rc;
}

int nft_reconcile_start(struct nft *nft, enum allocator allocator,
			const struct model *model, struct err *err)
{
	static const struct timespec pause = { 0, 10000000 };
	bool changed;
	int rc = -EINTR;

	for (int i = 0; rc == -EINTR && i < START_TRIES; i++) {
		if (i)
			nanosleep(&pause, NULL);
		rc = nft_reconcile(nft, allocator, model, &changed, err);
	}
	return rc;
}

int nft_follow_devices(struct nft *nft, enum allocator allocator,
		       struct err *err)
{
	return allocator == ALLOC_NF_NAT ?
		       nft_flow_follow(&nft->flow, &nft->nl, err) : 0;
}

const char *nft_no_flowtable(const struct nft *nft)
{
	return nft->flow.fault.msg[0] ? nft->flow.fault.msg : NULL;
}

/* Copy counters to the new rules.  Packets counted after that are lost. */
static void continue_counters(struct nft *nft, const struct diff *diff)
{
	const struct pair *pair;
	uint64_t packets, bytes;

	for (size_t i = 0; i < diff->n; i++) {
		pair = &diff->pairs[i];
		if (pair->have && pair->want && pair->want->kind == ITEM_RULES &&
		    !table_read_counter(&nft->nl, pair->want->key, &packets,
					&bytes))
			rules_set_counter(pair->want, packets, bytes);
	}
}

int nft_change(struct nft *nft, enum allocator allocator,
	       const struct model *model, const struct changes *changes,
	       struct err *err)
{
	struct table before, after;
	struct diff diff = { 0 };
	int rc;

	table_init(&before);
	table_init(&after);
	rc = table_want_changes(&before, allocator, model, changes, false);
	if (!rc)
		rc = table_want_changes(&after, allocator, model, changes,
					true);
	if (!rc)
		rc = diff_new(&diff, &before, &after);
	if (rc) {
		err_no_memory(err);
	} else if (diff.n) {
		continue_counters(nft, &diff);
		rc = send_parts(nft, &diff, 0, err);
	}
	if (rc == -ENOENT || rc == -EBUSY || rc == -EEXIST)
		rc = -ESTALE;

	free(diff.pairs);
	table_clean(&before);
	table_clean(&after);
	return rc;
}
