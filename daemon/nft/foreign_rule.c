// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_conntrack.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/expr.h>

#include "nft/foreign_rule.h"

/* In NF_CT_STATE_BIT(), bit 0 is for the state invalid. */
#define STATE_NEW (1U << (IP_CT_NEW + 1))

static void take_verdict(const struct nftnl_expr *expr,
			 struct rule_facts *facts)
{
	if (!nftnl_expr_is_set(expr, NFTNL_EXPR_IMM_VERDICT))
		return;
	switch ((int)nftnl_expr_get_u32(expr, NFTNL_EXPR_IMM_VERDICT)) {
	case NF_ACCEPT:
		facts->does = RULE_ACCEPT;
		break;
	case NF_DROP:
		facts->does = RULE_DROP;
		break;
	case NFT_JUMP:
	case NFT_GOTO:
		facts->jump = nftnl_expr_get_str(expr, NFTNL_EXPR_IMM_CHAIN);
		break;
	}
}

static void take_meta(const struct nftnl_expr *expr, struct rule_facts *facts)
{
	switch (nftnl_expr_get_u32(expr, NFTNL_EXPR_META_KEY)) {
	case NFT_META_IIF:
	case NFT_META_OIF:
	case NFT_META_IIFNAME:
	case NFT_META_OIFNAME:
	case NFT_META_IIFTYPE:
	case NFT_META_OIFTYPE:
	case NFT_META_IIFGROUP:
	case NFT_META_OIFGROUP:
		facts->iface = true;
		break;
	case NFT_META_L4PROTO:
	case NFT_META_NFPROTO:
		break;
	default:
		facts->other = true;
	}
}

static void take_ct(const struct nftnl_expr *expr, struct rule_facts *facts)
{
	switch (nftnl_expr_get_u32(expr, NFTNL_EXPR_CT_KEY)) {
	case NFT_CT_STATUS:
		facts->dnat = true;
		break;
	case NFT_CT_STATE:
		facts->old = true;
		break;
	default:
		facts->other = true;
	}
}

/* After "ct state" the mask of a bitwise expression has the states. */
static void take_mask(const struct nftnl_expr *expr, struct rule_facts *facts)
{
	uint32_t len, mask;
	const void *data = nftnl_expr_get(expr, NFTNL_EXPR_BITWISE_MASK, &len);

	if (!data || len != sizeof(mask))
		return;
	memcpy(&mask, data, sizeof(mask));
	if (facts->old && mask & STATE_NEW)
		facts->old = false;
}

static void take_payload(const struct nftnl_expr *expr,
			 struct rule_facts *facts)
{
	switch (nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_BASE)) {
	case NFT_PAYLOAD_NETWORK_HEADER:
		facts->addr = true;
		break;
	case NFT_PAYLOAD_TRANSPORT_HEADER:
		/* The value is in the next expression, take_port(). */
		facts->port = UINT16_MAX;
		break;
	default:
		facts->other = true;
	}
}

static void take_port(const struct nftnl_expr *expr, struct rule_facts *facts)
{
	uint32_t len;
	const void *data = nftnl_expr_get(expr, NFTNL_EXPR_CMP_DATA, &len);
	uint16_t port;

	if (facts->port != UINT16_MAX)
		return;
	if (data && len == sizeof(port) &&
	    nftnl_expr_get_u32(expr, NFTNL_EXPR_CMP_OP) == NFT_CMP_EQ) {
		memcpy(&port, data, sizeof(port));
		facts->port = ntohs(port);
	} else {
		facts->other = true;
	}
}

/* iptables-nft(8) uses the match "conntrack" of iptables in place of "ct". */
static void take_match(const struct nftnl_expr *expr, struct rule_facts *facts)
{
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_MT_NAME);
	const struct xt_conntrack_mtinfo3 *info;
	uint32_t len;

	if (name && !strcmp(name, "comment"))
		return;
	info = nftnl_expr_get(expr, NFTNL_EXPR_MT_INFO, &len);
	if (!name || strcmp(name, "conntrack") ||
	    nftnl_expr_get_u32(expr, NFTNL_EXPR_MT_REV) < 2 || !info ||
	    len < sizeof(struct xt_conntrack_mtinfo2) ||
	    !(info->match_flags & XT_CONNTRACK_STATE)) {
		facts->other = true;
		return;
	}
	facts->dnat = info->state_mask & XT_CONNTRACK_STATE_DNAT;
	facts->old = !(info->state_mask & XT_CONNTRACK_STATE_BIT(IP_CT_NEW)) &&
		     !facts->dnat;
}

static void take_target(const struct nftnl_expr *expr,
			struct rule_facts *facts)
{
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_TG_NAME);
	const struct xt_ct_target_info *info;
	uint32_t len;

	info = nftnl_expr_get(expr, NFTNL_EXPR_TG_INFO, &len);
	if (!name)
		return;
	if (!strcmp(name, "NOTRACK") ||
	    (!strcmp(name, "CT") && info && len >= sizeof(info->flags) &&
	     info->flags & XT_CT_NOTRACK))
		facts->does = RULE_NOTRACK;
	else if (!strcmp(name, "REJECT"))
		facts->does = RULE_DROP;
}

static int take_expr(struct nftnl_expr *expr, void *data)
{
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);
	struct rule_facts *facts = data;

	if (!strcmp(name, "immediate"))
		take_verdict(expr, facts);
	else if (!strcmp(name, "reject"))
		facts->does = RULE_DROP;
	else if (!strcmp(name, "notrack"))
		facts->does = RULE_NOTRACK;
	else if (!strcmp(name, "meta"))
		take_meta(expr, facts);
	else if (!strcmp(name, "ct"))
		take_ct(expr, facts);
	else if (!strcmp(name, "bitwise"))
		take_mask(expr, facts);
	else if (!strcmp(name, "payload"))
		take_payload(expr, facts);
	else if (!strcmp(name, "cmp"))
		take_port(expr, facts);
	else if (!strcmp(name, "match"))
		take_match(expr, facts);
	else if (!strcmp(name, "target"))
		take_target(expr, facts);
	else if (!strcmp(name, "lookup") &&
		 nftnl_expr_is_set(expr, NFTNL_EXPR_LOOKUP_DREG) &&
		 nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_DREG) ==
			 NFT_REG_VERDICT)
		facts->does = RULE_MAP;
	else if (strcmp(name, "counter") && strcmp(name, "log"))
		facts->other = true;
	return 0;
}

void rule_facts(struct nftnl_rule *rule, struct rule_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	nftnl_expr_foreach(rule, take_expr, facts);
}
