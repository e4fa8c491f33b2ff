/* SPDX-License-Identifier: GPL-2.0-only */
/* Chains at hook forward and those that they jump to: do they drop packets of services? */
#ifndef DNAT_FOREIGN_CHAINS_H
#define DNAT_FOREIGN_CHAINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nft/foreign_rule.h"

/* Names of tables and chains are cut after this. */
#define FOREIGN_NAME 64

/* A chain that was found. */
struct foreign_chain {
	uint8_t family;		/* NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_INET */
	char table[FOREIGN_NAME];
	char name[FOREIGN_NAME];
	int32_t priority;	/* of FOREIGN_NAT */
	uint16_t port;		/* of FOREIGN_NOTRACK, 0: any */
	bool sure;		/* false: it may be about other packets only */
};

struct named_chain;

struct foreign_chains {
	size_t n, n_jumps;
	bool full;			/* some are left out */
	struct named_chain *list;
	struct jump {
		uint16_t from, to;	/* in list */
	} *jumps;
};

void chains_clean(struct foreign_chains *chains);

/* A chain at hook forward. @drops: its policy. Without memory it is left out. */
void chains_base(struct foreign_chains *chains, uint8_t family,
		 const char *table, const char *name, bool drops);

/**
 * chains_rule - the next rule of a chain, at a hook or not
 *
 * Return: 0 or -ENOMEM
 */
int chains_rule(struct foreign_chains *chains, uint8_t family,
		const char *table, const char *name,
		const struct rule_facts *facts);

/**
 * chains_drop - the next chain at hook forward that drops what it does not
 * accept, and accepts no connection for its translated destination
 * @i: where to begin, 0 at first; moved on
 * @found: result; sure where nothing in it accepts new connections for
 *	another reason
 *
 * Return: false where there is none any more
 */
bool chains_drop(const struct foreign_chains *chains, size_t *i,
		 struct foreign_chain *found);

#endif
