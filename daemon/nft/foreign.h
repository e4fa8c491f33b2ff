/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Look for rules of other programs that can keep packets from services.  All
 * nf_tables tables are read, those of iptables-nft included, at the hooks that
 * these packets pass.
 *
 * A look has many parts, one for each datagram of a dump.  It is made only if
 * the generation of the ruleset has changed since the last one.
 */
#ifndef DNAT_FOREIGN_H
#define DNAT_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "nft/foreign_chains.h"

/* Chains that are kept of each kind; further ones are only counted. */
#define FOREIGN_FOUND 8

enum foreign_kind {
	FOREIGN_NAT,		/* nat chain that may run before ours */
	FOREIGN_DROP,		/* at hook forward, drops by default */
	FOREIGN_NOTRACK,	/* has a rule with notrack */
	FOREIGN_KINDS
};

struct foreign_found {
	size_t n;		/* also those that are not in @list */
	struct foreign_chain list[FOREIGN_FOUND];
};

struct foreign;

struct foreign *foreign_new(void);
void foreign_free(struct foreign *foreign);

/* Do the next part of a look.  Return: whether more parts follow */
bool foreign_step(struct foreign *foreign);

/**
 * foreign_last - the result of the last complete look
 * @foreign: may be NULL
 *
 * Return: array of FOREIGN_KINDS entries; NULL: no look is complete yet
 */
const struct foreign_found *foreign_last(const struct foreign *foreign);

#endif
