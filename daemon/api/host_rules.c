// SPDX-License-Identifier: GPL-2.0-only
/* Checks of other programs' rules that keep packets from services. */
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "api/host_part.h"

static const char *family_text(uint8_t family)
{
	return family == NFPROTO_IPV4 ? "ip" :
	       family == NFPROTO_IPV6 ? "ip6" : "inet";
}

static bool concerns(const struct checks *checks,
		     const struct foreign_chain *chain)
{
	if (chain->family == NFPROTO_INET)
		return true;
	return check_family(checks, chain->family == NFPROTO_IPV4 ? AF_INET :
								    AF_INET6);
}

static bool port_used(const struct model *model, uint16_t port)
{
	for (size_t i = 0; i < model->n_services; i++)
		if (model->services[i]->port == port)
			return true;
	return false;
}

/*
 * Find the first chain that affects services, or may affect them.
 * @sure: result: whether it is certain; such a chain is preferred
 * @n: result: the number of these chains
 *
 * Return: NULL if there is none
 */
static const struct foreign_chain *pick(const struct checks *checks,
					enum foreign_kind kind, bool *sure,
					size_t *n)
{
	const struct foreign_found *found = &checks->foreign[kind];
	const struct foreign_chain *first = NULL;

	*sure = false;
	*n = 0;
	for (size_t i = 0; i < found->n && i < FOREIGN_FOUND; i++) {
		const struct foreign_chain *chain = &found->list[i];
		bool is = chain->sure && (!chain->port ||
					  port_used(checks->model, chain->port));

		if (!concerns(checks, chain))
			continue;
		++*n;
		if (!first || (is && !*sure))
			first = chain;
		*sure |= is;
	}
	return first;
}

/* "ip filter FORWARD", "ip filter FORWARD and 2 more" */
static json_t *chain_text(const struct foreign_chain *chain, size_t n)
{
	if (n == 1)
		return json_sprintf("%s %s %s", family_text(chain->family),
				    chain->table, chain->name);
	return json_sprintf("%s %s %s and %zu more",
			    family_text(chain->family), chain->table,
			    chain->name, n - 1);
}

/* Is it iptables' chain?  iptables(8) cannot read it after nft(8) edits it. */
static bool of_iptables(const struct foreign_chain *chain)
{
	return chain->family != NFPROTO_INET &&
	       !strcmp(chain->table, "filter") &&
	       !strcmp(chain->name, "FORWARD");
}

static void drop_advice(const struct foreign_chain *chain, bool sure,
			char *advice)
{
	char rule[2 * FOREIGN_NAME + 64];

	if (of_iptables(chain))
		snprintf(rule, sizeof(rule),
			 "%s -I FORWARD -m conntrack --ctstate DNAT -j ACCEPT",
			 chain->family == NFPROTO_IPV4 ? "iptables" :
							 "ip6tables");
	else
		snprintf(rule, sizeof(rule),
			 "nft insert rule %s %s %s ct status dnat accept",
			 family_text(chain->family), chain->table,
			 chain->name);
	snprintf(advice, ADVICE_LEN,
		 "it drops what it does not accept, and new connections %s: %s; for Docker, ufw and the next boot see Beside an existing firewall in dnat-workflows(7)",
		 sure ? "hang" : "hang where no rule of it lets them pass",
		 rule);
}

static void nat_advice(const struct foreign_chain *chain, bool sure,
		       char *advice)
{
	snprintf(advice, ADVICE_LEN,
		 "it has priority %d, %s dnatd's chain prerouting, and its rules may take packets to VIPs first; give it a higher number, or except the VIPs there: ip daddr VIP return",
		 chain->priority, sure ? "the same as" : "before");
}

static void notrack_advice(const struct foreign_chain *chain, bool sure,
			   char *advice)
{
	(void)sure;
	snprintf(advice, ADVICE_LEN,
		 "a notrack rule there hides packets from conntrack, and a service whose packets it matches does not answer; put this before it: nft insert rule %s %s %s ip%s daddr VIP return",
		 family_text(chain->family), chain->table, chain->name,
		 chain->family == NFPROTO_IPV6 ? "6" : "");
}

/* Adds nothing before the rules were read for the first time. */
static void check_kind(struct checks *checks, enum foreign_kind kind,
		       const char *name, const char *fine,
		       void (*advise)(const struct foreign_chain *chain,
				      bool sure, char *advice))
{
	const struct foreign_chain *chain;
	char advice[ADVICE_LEN];
	bool sure;
	size_t n;

	if (!checks->foreign)
		return;
	chain = pick(checks, kind, &sure, &n);
	if (!chain) {
		check_add(checks, name, json_string(fine), true, NULL);
		return;
	}
	advise(chain, sure, advice);
	check_add(checks, name, chain_text(chain, n), !sure, advice);
}

void check_forward_rules(struct checks *checks)
{
	check_kind(checks, FOREIGN_DROP, "forward_rules", "let services pass",
		   drop_advice);
}

void check_nat_rules(struct checks *checks)
{
	check_kind(checks, FOREIGN_NAT, "nat_rules", "come after dnatd's",
		   nat_advice);
}

void check_raw_rules(struct checks *checks)
{
	check_kind(checks, FOREIGN_NOTRACK, "raw_rules",
		   "leave services to conntrack", notrack_advice);
}
