/* SPDX-License-Identifier: GPL-2.0-only */
/* What a rule of another program does to the packets of services. */
#ifndef DNAT_FOREIGN_RULE_H
#define DNAT_FOREIGN_RULE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <libnftnl/rule.h>

enum rule_does {
	RULE_OTHER,
	RULE_ACCEPT,
	RULE_DROP,		/* drop or reject */
	RULE_NOTRACK,
	RULE_MAP,		/* a verdict map, whose elements are not read */
};

/* What a rule does, and which packets it matches. */
struct rule_facts {
	enum rule_does does;
	const char *jump;	/* target of a jump, or NULL; borrowed */
	bool dnat;		/* matches a translated destination */
	bool old;		/* does not match new connections */
	bool iface;		/* matches an interface */
	bool addr;		/* matches a field of the IP header */
	bool other;		/* matches something else */
	uint16_t port;		/* matches this port, host order; 0: any */
};

void rule_facts(struct nftnl_rule *rule, struct rule_facts *facts);

/* Whether the rule matches all packets. */
static inline bool rule_is_for_all(const struct rule_facts *facts)
{
	return !facts->dnat && !facts->old && !facts->iface && !facts->addr &&
	       !facts->other && !facts->port;
}

#endif
