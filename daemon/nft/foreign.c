// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/chain.h>

#include "model/slots.h"
#include "net/netlink.h"
#include "nft/foreign.h"
#include "nft/foreign_chains.h"
#include "nft/foreign_rule.h"
#include "nft/generation.h"

/* Tables whose rules are read; further ones are ignored. */
#define TABLES_MAX 32

/* Number of attempts if the ruleset changes during a look. */
#define TRIES 10

enum phase {
	PHASE_IDLE,
	PHASE_CHAINS,
	PHASE_RULES,
};

struct foreign_table {
	uint8_t family;
	char name[NFT_TABLE_MAXNAMELEN];
	bool raw;			/* has a base chain before conntrack */
};

struct foreign {
	struct nl nl;			/* nl.sock NULL: no look is running */
	enum phase phase;
	unsigned int tries;
	uint32_t generation;		/* of the running or the last look */
	bool looked;			/* @last is valid */
	bool current;			/* @last is of @generation */
	int32_t our_priority;		/* of dnatd's prerouting nat chain */
	size_t n_tables, table;		/* table: index of the one being read */
	struct foreign_table tables[TABLES_MAX];
	struct foreign_chains chains;	/* of all these tables */
	struct foreign_found nats;	/* candidates for FOREIGN_NAT */
	struct foreign_found now[FOREIGN_KINDS], last[FOREIGN_KINDS];
};

static void found_add(struct foreign_found *found,
		      const struct foreign_chain *chain)
{
	if (found->n < FOREIGN_FOUND)
		found->list[found->n] = *chain;
	found->n++;
}

static void table_add_rules(struct foreign *foreign, uint8_t family,
			    const char *name, bool raw)
{
	struct foreign_table *table;

	for (size_t i = 0; i < foreign->n_tables; i++) {
		table = &foreign->tables[i];
		if (table->family == family && !strcmp(table->name, name)) {
			table->raw |= raw;
			return;
		}
	}
	if (foreign->n_tables == TABLES_MAX)
		return;
	table = &foreign->tables[foreign->n_tables++];
	table->family = family;
	table->raw = raw;
	snprintf(table->name, sizeof(table->name), "%s", name);
}

/* Handle a base chain, which is one at a hook. */
static void take_base(struct foreign *foreign, const struct nftnl_chain *chain)
{
	uint8_t family = (uint8_t)nftnl_chain_get_u32(chain,
						      NFTNL_CHAIN_FAMILY);
	const char *table = nftnl_chain_get_str(chain, NFTNL_CHAIN_TABLE);
	const char *name = nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME);
	const char *type = nftnl_chain_get_str(chain, NFTNL_CHAIN_TYPE);
	uint32_t hook = nftnl_chain_get_u32(chain, NFTNL_CHAIN_HOOKNUM);
	int32_t priority = nftnl_chain_get_s32(chain, NFTNL_CHAIN_PRIO);
	bool begins = hook == NF_INET_PRE_ROUTING || hook == NF_INET_LOCAL_OUT;
	struct foreign_chain entry = { .family = family,
				       .priority = priority };

	if (!table || !name || !type ||
	    (family != NFPROTO_IPV4 && family != NFPROTO_IPV6 &&
	     family != NFPROTO_INET))
		return;
	if (family == NFPROTO_INET && !strcmp(table, RULESET_TABLE)) {
		if (!strcmp(type, "nat") && hook == NF_INET_PRE_ROUTING)
			foreign->our_priority = priority;
		return;
	}
	if (!strcmp(type, "nat")) {
		snprintf(entry.table, sizeof(entry.table), "%.63s", table);
		snprintf(entry.name, sizeof(entry.name), "%.63s", name);
		if (begins && priority <= NF_IP_PRI_NAT_DST)
			found_add(&foreign->nats, &entry);
	} else if (hook == NF_INET_FORWARD) {
		table_add_rules(foreign, family, table, false);
		chains_base(&foreign->chains, family, table, name,
			    nftnl_chain_get_u32(chain, NFTNL_CHAIN_POLICY) ==
				    NF_DROP);
	} else if (begins && priority < NF_IP_PRI_CONNTRACK) {
		table_add_rules(foreign, family, table, true);
	}
}

/* Most chains have no hook.  They are skipped before they are parsed. */
static int take_chain(const struct nlmsghdr *nlh, void *data)
{
	struct nftnl_chain *chain;
	const struct nlattr *attr;
	bool base = false;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
		return 0;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
		base |= mnl_attr_get_type(attr) == NFTA_CHAIN_HOOK;
	if (!base)
		return 0;
	chain = nftnl_chain_alloc();
	if (!chain)
		return -ENOMEM;
	if (nftnl_chain_nlmsg_parse(nlh, chain) >= 0)
		take_base(data, chain);
	nftnl_chain_free(chain);
	return 0;
}

static int take_rule(const struct nlmsghdr *nlh, void *data)
{
	struct foreign *foreign = data;
	const struct foreign_table *table = &foreign->tables[foreign->table];
	struct nftnl_rule *rule = nftnl_rule_alloc();
	struct foreign_chain entry = { .family = table->family };
	struct rule_facts facts;
	const char *name;
	int ret = 0;

	if (!rule)
		return -ENOMEM;
	name = nftnl_rule_nlmsg_parse(nlh, rule) < 0 ? NULL :
		nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN);
	if (!name)
		goto out;
	rule_facts(rule, &facts);
	if (facts.does == RULE_NOTRACK && table->raw) {
		snprintf(entry.table, sizeof(entry.table), "%.63s",
			 table->name);
		snprintf(entry.name, sizeof(entry.name), "%.63s", name);
		entry.port = facts.port;
		entry.sure = !facts.addr && !facts.iface && !facts.other;
		found_add(&foreign->now[FOREIGN_NOTRACK], &entry);
	}
	ret = chains_rule(&foreign->chains, table->family, table->name, name,
			  &facts);
out:
	nftnl_rule_free(rule);
	return ret;
}

static int ask_chains(struct foreign *foreign)
{
	NL_REQUEST_BUF(buf);

	memset(foreign->now, 0, sizeof(foreign->now));
	memset(&foreign->nats, 0, sizeof(foreign->nats));
	foreign->our_priority = NF_IP_PRI_NAT_DST;
	foreign->n_tables = 0;
	foreign->table = 0;
	chains_clean(&foreign->chains);
	foreign->phase = PHASE_CHAINS;
	return nl_send(&foreign->nl,
		       nl_netfilter(&foreign->nl, buf, NFNL_SUBSYS_NFTABLES,
				    NFT_MSG_GETCHAIN, NLM_F_DUMP,
				    NFPROTO_UNSPEC));
}

static int ask_rules(struct foreign *foreign)
{
	const struct foreign_table *table = &foreign->tables[foreign->table];
	NL_REQUEST_BUF(buf);
	struct nlmsghdr *nlh = nl_netfilter(&foreign->nl, buf,
					    NFNL_SUBSYS_NFTABLES,
					    NFT_MSG_GETRULE, NLM_F_DUMP,
					    table->family);

	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, table->name);
	foreign->phase = PHASE_RULES;
	return nl_send(&foreign->nl, nlh);
}

static void stop(struct foreign *foreign)
{
	nl_close(&foreign->nl);
	chains_clean(&foreign->chains);
	foreign->phase = PHASE_IDLE;
}

static void complete(struct foreign *foreign)
{
	struct foreign_chain entry;

	for (size_t i = 0; i < foreign->nats.n && i < FOREIGN_FOUND; i++) {
		entry = foreign->nats.list[i];
		/* At the same priority the chain registered last runs first. */
		entry.sure = entry.priority == foreign->our_priority;
		if (entry.priority <= foreign->our_priority)
			found_add(&foreign->now[FOREIGN_NAT], &entry);
	}
	for (size_t i = 0; chains_drop(&foreign->chains, &i, &entry);)
		found_add(&foreign->now[FOREIGN_DROP], &entry);
	memcpy(foreign->last, foreign->now, sizeof(foreign->last));
	foreign->looked = true;
	foreign->current = true;
	foreign->tries = 0;
	stop(foreign);
}

/* Return: false: the ruleset has not changed, or it cannot be read */
static bool begin(struct foreign *foreign)
{
	uint32_t generation = 0;

	if (nl_open(&foreign->nl, NETLINK_NETFILTER, NULL))
		return false;
	if (generation_get(&foreign->nl, &generation) ||
	    (foreign->current && generation == foreign->generation) ||
	    ask_chains(foreign)) {
		stop(foreign);
		return false;
	}
	foreign->generation = generation;
	return true;
}

bool foreign_step(struct foreign *foreign)
{
	int done, rc;

	if (foreign->phase == PHASE_IDLE)
		return begin(foreign);
	rc = nl_receive(&foreign->nl,
			foreign->phase == PHASE_CHAINS ? take_chain : take_rule,
			foreign, &done);
	if (!rc && !done)
		return true;
	if (!rc) {
		foreign->table += foreign->phase == PHASE_RULES;
		if (foreign->table < foreign->n_tables)
			rc = ask_rules(foreign);
		else
			complete(foreign);
		if (!rc)
			return foreign->phase != PHASE_IDLE;
	}
	/* The ruleset changed, or cannot be read: the last result is kept. */
	stop(foreign);
	foreign->current = false;
	if (rc == -EINTR && ++foreign->tries < TRIES)
		return begin(foreign);
	foreign->tries = 0;
	return false;
}

struct foreign *foreign_new(void)
{
	return calloc(1, sizeof(struct foreign));
}

void foreign_free(struct foreign *foreign)
{
	if (!foreign)
		return;
	if (foreign->nl.sock)
		nl_close(&foreign->nl);
	chains_clean(&foreign->chains);
	free(foreign);
}

const struct foreign_found *foreign_last(const struct foreign *foreign)
{
	return foreign && foreign->looked ? foreign->last : NULL;
}
