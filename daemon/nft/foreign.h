/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules of others that can keep packets from services: what the chains of all
 * nf_tables tables say at the hooks that these packets pass.  iptables-nft's
 * are among them.
 *
 * A look is made in parts, each a datagram of a dump, and only where the
 * ruleset has another generation than at the last one.
 */
#ifndef DNAT_FOREIGN_H
#define DNAT_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "nft/foreign_chains.h"

/* As many as these are remembered of a kind, the others are only counted. */
#define FOREIGN_FOUND 8

enum foreign_kind {
	FOREIGN_NAT,		/* comes before our own nat chain */
	FOREIGN_DROP,		/* drops what it forwards, as a rule */
	FOREIGN_NOTRACK,	/* has conntrack leave packets out */
	FOREIGN_KINDS
};

struct foreign_found {
	size_t n;		/* all of them */
	struct foreign_chain list[FOREIGN_FOUND];
};

struct foreign;

struct foreign *foreign_new(void);
void foreign_free(struct foreign *foreign);

/* Make the next part of a look. Return: whether there is more to come */
bool foreign_step(struct foreign *foreign);

/**
 * foreign_last - what the last complete look found
 * @foreign: NULL: nobody has looked
 *
 * Return: FOREIGN_KINDS of them; NULL where there was no look yet
 */
const struct foreign_found *foreign_last(const struct foreign *foreign);

#endif
