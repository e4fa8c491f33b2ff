/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Find out whether chains at hook forward, and the chains that they jump to,
 * drop packets of services.
 */
#ifndef DNAT_FOREIGN_CHAINS_H
#define DNAT_FOREIGN_CHAINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nft/foreign_rule.h"

/* Size of names of tables and chains; longer ones are cut. */
#define FOREIGN_NAME 64

/* A chain that can keep packets from services. */
struct foreign_chain {
	uint8_t family;		/* NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_INET */
	char table[FOREIGN_NAME];
	char name[FOREIGN_NAME];
	int32_t priority;	/* of FOREIGN_NAT */
	uint16_t port;		/* of FOREIGN_NOTRACK, host order, 0: any */
	bool sure;		/* false: it may not affect services */
};

struct named_chain;

struct foreign_chains {
	size_t n, n_jumps;
	bool full;			/* chains or jumps are missing */
	struct named_chain *list;
	struct jump {
		uint16_t from, to;	/* indices in @list */
	} *jumps;
};

void chains_clean(struct foreign_chains *chains);

/*
 * Add a chain at hook forward.  @drops: its policy is drop.  Without memory the
 * chain is skipped and @full is set.
 */
void chains_base(struct foreign_chains *chains, uint8_t family,
		 const char *table, const char *name, bool drops);

/**
 * chains_rule - add the next rule of any chain
 *
 * Return: 0 or -ENOMEM
 */
int chains_rule(struct foreign_chains *chains, uint8_t family,
		const char *table, const char *name,
		const struct rule_facts *facts);

/**
 * chains_drop - find the next chain that may drop the connections of services
 * @i: index to start from, 0 for the first call; updated
 * @found: result; found->sure is set if no rule accepts new connections, except
 *	by their interface
 *
 * That is a chain at hook forward that drops by default and has no rule that
 * accepts connections with a translated destination.
 *
 * Return: false: there are no more
 */
bool chains_drop(const struct foreign_chains *chains, size_t *i,
		 struct foreign_chain *found);

#endif
