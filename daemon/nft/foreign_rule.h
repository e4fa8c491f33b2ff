/* SPDX-License-Identifier: GPL-2.0-only */
/* What one rule of somebody else's can do to packets of services. */
#ifndef DNAT_FOREIGN_RULE_H
#define DNAT_FOREIGN_RULE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <libnftnl/rule.h>

enum rule_does {
	RULE_OTHER,
	RULE_ACCEPT,
	RULE_DROP,		/* or a reject */
	RULE_NOTRACK,
	RULE_MAP,		/* a verdict map: not looked into */
};

/* What a rule does, and which packets it asks about. */
struct rule_facts {
	enum rule_does does;
	const char *jump;	/* the chain that it goes to, of the rule; or NULL */
	bool dnat;		/* connections with a translated destination */
	bool old;		/* no new connections */
	bool iface;		/* of some interface */
	bool addr;		/* of some address */
	bool other;		/* something else */
	uint16_t port;		/* host byte order; 0: any */
};

void rule_facts(struct nftnl_rule *rule, struct rule_facts *facts);

/* Does it hold for all packets? */
static inline bool rule_is_for_all(const struct rule_facts *facts)
{
	return !facts->dnat && !facts->old && !facts->iface && !facts->addr &&
	       !facts->other && !facts->port;
}

#endif
