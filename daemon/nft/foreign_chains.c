// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nft/foreign_chains.h"

/* Limits; when one is reached, no result is sure. */
#define CHAINS_MAX 1024
#define JUMPS_MAX 8192

struct named_chain {
	uint8_t family;
	char table[NFT_TABLE_MAXNAMELEN];
	char name[NFT_CHAIN_MAXNAMELEN];
	bool base;			/* at hook forward */
	bool drops;			/* what it does not accept */
	bool accepts_dnat;		/* translated destinations */
	bool accepts;			/* some new connections */
};

void chains_clean(struct foreign_chains *chains)
{
	free(chains->list);
	free(chains->jumps);
	memset(chains, 0, sizeof(*chains));
}

/* Find or add a chain.  Return: its index; CHAINS_MAX: there is no room */
static size_t find(struct foreign_chains *chains, uint8_t family,
		   const char *table, const char *name)
{
	struct named_chain *chain;

	/* From the end: the rules of a chain follow each other. */
	for (size_t i = chains->n; i-- > 0;) {
		chain = &chains->list[i];
		if (chain->family == family && !strcmp(chain->name, name) &&
		    !strcmp(chain->table, table))
			return i;
	}
	if (!chains->list)
		chains->list = calloc(CHAINS_MAX, sizeof(*chains->list));
	if (!chains->list || chains->n == CHAINS_MAX) {
		chains->full = true;
		return CHAINS_MAX;
	}
	chain = &chains->list[chains->n];
	chain->family = family;
	snprintf(chain->table, sizeof(chain->table), "%s", table);
	snprintf(chain->name, sizeof(chain->name), "%s", name);
	return chains->n++;
}

void chains_base(struct foreign_chains *chains, uint8_t family,
		 const char *table, const char *name, bool drops)
{
	size_t i = find(chains, family, table, name);

	if (i == CHAINS_MAX)
		return;
	chains->list[i].base = true;
	chains->list[i].drops = drops;
}

static int add_jump(struct foreign_chains *chains, size_t from, size_t to)
{
	if (!chains->jumps)
		chains->jumps = calloc(JUMPS_MAX, sizeof(*chains->jumps));
	if (!chains->jumps)
		return -ENOMEM;
	if (to == CHAINS_MAX || chains->n_jumps == JUMPS_MAX) {
		chains->full = true;
		return 0;
	}
	chains->jumps[chains->n_jumps++] = (struct jump){
		.from = (uint16_t)from, .to = (uint16_t)to,
	};
	return 0;
}

int chains_rule(struct foreign_chains *chains, uint8_t family,
		const char *table, const char *name,
		const struct rule_facts *facts)
{
	size_t i = find(chains, family, table, name);
	struct named_chain *chain;

	if (i == CHAINS_MAX)
		return 0;
	chain = &chains->list[i];
	switch (facts->does) {
	case RULE_ACCEPT:
		chain->accepts_dnat |= facts->dnat || rule_is_for_all(facts);
		chain->accepts |= !facts->old && !facts->iface;
		break;
	case RULE_DROP:
		/* Many firewalls end with such a rule instead of a policy. */
		chain->drops |= chain->base && rule_is_for_all(facts);
		break;
	case RULE_MAP:
		chain->accepts = true;
		break;
	case RULE_NOTRACK:
	case RULE_OTHER:
		break;
	}
	if (!facts->jump)
		return 0;
	return add_jump(chains, i, find(chains, family, table, facts->jump));
}

/* Sum up what @from and all chains that it can jump to accept. */
static void reach(const struct foreign_chains *chains, size_t from,
		  struct named_chain *sum)
{
	bool reached[CHAINS_MAX] = { false };
	bool more = true;

	reached[from] = true;
	while (more) {
		more = false;
		for (size_t i = 0; i < chains->n_jumps; i++) {
			const struct jump *jump = &chains->jumps[i];

			if (!reached[jump->from] || reached[jump->to])
				continue;
			reached[jump->to] = true;
			more = true;
		}
	}
	for (size_t i = 0; i < chains->n; i++) {
		if (!reached[i])
			continue;
		sum->accepts_dnat |= chains->list[i].accepts_dnat;
		sum->accepts |= chains->list[i].accepts;
	}
}

bool chains_drop(const struct foreign_chains *chains, size_t *i,
		 struct foreign_chain *found)
{
	for (; *i < chains->n; ++*i) {
		const struct named_chain *chain = &chains->list[*i];
		struct named_chain sum = { 0 };

		if (!chain->base || !chain->drops)
			continue;
		reach(chains, *i, &sum);
		if (sum.accepts_dnat)
			continue;
		memset(found, 0, sizeof(*found));
		found->family = chain->family;
		found->sure = !sum.accepts && !chains->full;
		snprintf(found->table, sizeof(found->table), "%.63s",
			 chain->table);
		snprintf(found->name, sizeof(found->name), "%.63s",
			 chain->name);
		++*i;
		return true;
	}
	return false;
}
