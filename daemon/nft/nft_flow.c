// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "net/link.h"
#include "nft/nft_flow.h"

static size_t count(const char *const *names)
{
	size_t n = 0;

	while (names && names[n])
		n++;
	return n;
}

static bool has(const char *const *names, const char *name)
{
	for (size_t i = 0; names && names[i]; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static bool is_same(const struct nft_flow *flow,
		    const struct flow_devices *devices)
{
	size_t n = count((const char *const *)flow->devices);

	if (!flow->devices || n != devices->n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(flow->devices[i], devices->names[i]) ||
		    flow->indexes[i] != if_nametoindex(devices->names[i]))
			return false;
	return true;
}

void nft_flow_clean(struct nft_flow *flow)
{
	link_names_free(flow->devices);
	free(flow->indexes);
	flow->devices = NULL;
	flow->indexes = NULL;
}

/* Test a batch that replaces the table, without committing it. */
int nft_flow_ask(struct nft_flow *flow, struct nl *nl,
		 const struct flow_devices *devices)
{
	struct model none = { 0 };
	struct table table;
	struct batch *batch;
	int rc;

	table_init(&table);
	rc = table_want(&table, ALLOC_NF_NAT, &none, devices);
	batch = rc ? NULL : batch_new(0);
	if (batch) {
		batch_add(batch, &table.items[0]);
		batch_del(batch, &table.items[0]);
		for (int kind = ITEM_TABLE; kind <= ITEM_RULES; kind++)
			for (size_t i = 0; i < table.n; i++)
				if ((int)table.items[i].kind == kind)
					batch_add(batch, &table.items[i]);
		flow->fault.msg[0] = '\0';
		flow->on = !batch_send(batch, nl, true, &flow->fault);
		batch_free(batch);
	}
	table_clean(&table);
	return batch ? 0 : -ENOMEM;
}

int nft_flow_set(struct nft_flow *flow, struct flow_devices *devices)
{
	nft_flow_clean(flow);
	flow->indexes = calloc(devices->n + 1, sizeof(*flow->indexes));
	if (!flow->indexes)
		return -ENOMEM;
	for (size_t i = 0; i < devices->n; i++)
		flow->indexes[i] = if_nametoindex(devices->names[i]);
	flow->devices = devices->names;
	devices->names = NULL;
	return 0;
}

static void leave(struct batch *batch, const char *const *have,
		  const struct item *want, const char *const *wanted)
{
	struct nftnl_flowtable *flowtable = nftnl_flowtable_alloc();
	const char **names = calloc(count(have) + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; names && have && have[i]; i++)
		if (!has(wanted, have[i]))
			names[n++] = have[i];
	if (n && flowtable) {
		nftnl_flowtable_set_str(flowtable, NFTNL_FLOWTABLE_TABLE,
			nftnl_flowtable_get_str(want->flowtable,
						NFTNL_FLOWTABLE_TABLE));
		nftnl_flowtable_set_str(flowtable, NFTNL_FLOWTABLE_NAME,
			nftnl_flowtable_get_str(want->flowtable,
						NFTNL_FLOWTABLE_NAME));
		nftnl_flowtable_set_u32(flowtable, NFTNL_FLOWTABLE_HOOKNUM,
			nftnl_flowtable_get_u32(want->flowtable,
						NFTNL_FLOWTABLE_HOOKNUM));
		nftnl_flowtable_set_s32(flowtable, NFTNL_FLOWTABLE_PRIO,
			nftnl_flowtable_get_s32(want->flowtable,
						NFTNL_FLOWTABLE_PRIO));
		if (!nftnl_flowtable_set_data(flowtable,
					      NFTNL_FLOWTABLE_DEVICES, names,
					      0))
			batch_del_devices(batch, want, flowtable);
	}
	free(names);
	if (flowtable)
		nftnl_flowtable_free(flowtable);
}

void nft_flow_update(struct batch *batch, const char *const *have,
		     const struct item *want)
{
	leave(batch, have, want,
	      nftnl_flowtable_get(want->flowtable, NFTNL_FLOWTABLE_DEVICES));
	/* The kernel skips interfaces that are in the flowtable already. */
	batch_add(batch, want);
}

/*
 * The current names of the flowtable's interfaces.  The kernel has removed
 * those that no longer exist.
 */
static const char **names_now(const struct nft_flow *flow)
{
	size_t n = count((const char *const *)flow->devices), used = 0;
	const char **names = calloc(n + 1, sizeof(*names));
	char name[IF_NAMESIZE];

	for (size_t i = 0; names && i < n; i++)
		if (if_indextoname(flow->indexes[i], name)) {
			names[used] = strdup(name);
			used += names[used] != NULL;
		}
	return names;
}

static const struct item *find(const struct table *table)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->items[i].kind == ITEM_FLOWTABLE)
			return &table->items[i];
	return NULL;
}

static int send_update(const struct nft_flow *flow, struct nl *nl,
		       const struct flow_devices *devices, struct err *err)
{
	struct model none = { 0 };
	const char **have = names_now(flow);
	const struct item *want = NULL;
	struct batch *batch = NULL;
	struct table table;
	int rc;

	table_init(&table);
	if (!table_want(&table, ALLOC_NF_NAT, &none, devices))
		want = find(&table);
	if (want && have)
		batch = batch_new(0);
	if (batch) {
		nft_flow_update(batch, (const char *const *)have, want);
		rc = batch_send(batch, nl, false, err);
		batch_free(batch);
	} else {
		rc = err_no_memory(err);
	}
	table_clean(&table);
	link_names_free(have);
	return rc;
}

int nft_flow_follow(struct nft_flow *flow, struct nl *nl, struct err *err)
{
	struct flow_devices devices;
	int rc = link_up_names(&devices.names, &devices.n, err);

	if (rc)
		return rc;
	if (is_same(flow, &devices))
		goto out;
	if (!flow->on) {
		rc = devices.n ? nft_flow_ask(flow, nl, &devices) : 0;
		if (rc)
			err_no_memory(err);
		else if (flow->on)
			rc = -ESTALE;
		goto out;
	}
	/* -ESTALE if the flowtable must be added or removed. */
	rc = flow->devices && devices.n ?
		     send_update(flow, nl, &devices, err) : -ESTALE;
	if (!rc)
		rc = nft_flow_set(flow, &devices);
	else if (rc != -ENOMEM)
		rc = -ESTALE;
out:
	link_names_free(devices.names);
	return rc;
}
