// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/expr.h>
#include <libnftnl/udata.h>

#include "model/slots.h"
#include "model/service.h"
#include "nft/rule.h"

/*
 * nft puts the first part of a key into register 1 and each further part into
 * the next free 4-byte register.  R32(n) is n words after register 1.
 */
#define REG NFT_REG_1
#define R32(n) (NFT_REG32_00 + (n))
#define REG_WORDS 4

#define PORT_OFFSET 2		/* of the destination port in TCP and UDP */

/* A rule under construction.  Only build_finish() reports lack of memory. */
struct build {
	struct nftnl_rule *rule;
	struct nftnl_set *set;
	bool failed;
};

void rule_free(struct rule *rule)
{
	if (rule->rule)
		nftnl_rule_free(rule->rule);
	if (rule->set)
		nftnl_set_free(rule->set);
	rule->rule = NULL;
	rule->set = NULL;
}

struct nftnl_udata_buf *comment_new(uint8_t type, const char *text)
{
	struct nftnl_udata_buf *buf = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);

	if (buf && !nftnl_udata_put_strz(buf, type, text)) {
		nftnl_udata_buf_free(buf);
		return NULL;
	}
	return buf;
}

struct nftnl_expr *rule_counter(const struct nftnl_rule *rule)
{
	struct nftnl_expr_iter *iter = nftnl_expr_iter_create(rule);
	struct nftnl_expr *expr = NULL;

	while (iter && (expr = nftnl_expr_iter_next(iter)))
		if (!strcmp(nftnl_expr_get_str(expr, NFTNL_EXPR_NAME), "counter"))
			break;
	if (iter)
		nftnl_expr_iter_destroy(iter);
	return expr;
}

static void build_start(struct build *build, const char *chain,
			const char *comment)
{
	struct nftnl_udata_buf *buf = NULL;

	memset(build, 0, sizeof(*build));
	build->rule = nftnl_rule_alloc();
	if (!build->rule) {
		build->failed = true;
		return;
	}
	nftnl_rule_set_u32(build->rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	if (nftnl_rule_set_str(build->rule, NFTNL_RULE_TABLE, RULESET_TABLE) ||
	    nftnl_rule_set_str(build->rule, NFTNL_RULE_CHAIN, chain))
		build->failed = true;
	if (!comment)
		return;

	buf = comment_new(NFTNL_UDATA_RULE_COMMENT, comment);
	if (!buf ||
	    nftnl_rule_set_data(build->rule, NFTNL_RULE_USERDATA,
				nftnl_udata_buf_data(buf),
				nftnl_udata_buf_len(buf)))
		build->failed = true;
	if (buf)
		nftnl_udata_buf_free(buf);
}

static int build_finish(struct build *build, struct rule *rule)
{
	rule->rule = build->rule;
	rule->set = build->set;
	if (!build->failed)
		return 0;
	rule_free(rule);
	return -ENOMEM;
}

static struct nftnl_expr *add(struct build *build, const char *name)
{
	struct nftnl_expr *expr = NULL;

	if (!build->failed)
		expr = nftnl_expr_alloc(name);
	if (expr)
		nftnl_rule_add_expr(build->rule, expr);
	else
		build->failed = true;
	return expr;
}

static void put(struct nftnl_expr *expr, uint16_t attr, uint32_t value)
{
	if (expr)
		nftnl_expr_set_u32(expr, attr, value);
}

static void put_str(struct build *build, struct nftnl_expr *expr, uint16_t attr,
		    const char *value)
{
	if (expr && nftnl_expr_set_str(expr, attr, value))
		build->failed = true;
}

static void put_data(struct build *build, struct nftnl_expr *expr,
		     uint16_t attr, const void *value, size_t len)
{
	if (expr && nftnl_expr_set(expr, attr, value, (uint32_t)len))
		build->failed = true;
}

static void add_meta(struct build *build, uint32_t key, uint32_t reg)
{
	struct nftnl_expr *expr = add(build, "meta");

	put(expr, NFTNL_EXPR_META_KEY, key);
	put(expr, NFTNL_EXPR_META_DREG, reg);
}

static void add_cmp(struct build *build, uint32_t op, const void *value,
		    size_t len)
{
	struct nftnl_expr *expr = add(build, "cmp");

	put(expr, NFTNL_EXPR_CMP_SREG, REG);
	put(expr, NFTNL_EXPR_CMP_OP, op);
	put_data(build, expr, NFTNL_EXPR_CMP_DATA, value, len);
}

static void add_meta_is(struct build *build, uint32_t key, uint8_t value)
{
	add_meta(build, key, REG);
	add_cmp(build, NFT_CMP_EQ, &value, sizeof(value));
}

static void add_payload(struct build *build, uint32_t base, uint32_t offset,
			uint32_t len, uint32_t reg)
{
	struct nftnl_expr *expr = add(build, "payload");

	put(expr, NFTNL_EXPR_PAYLOAD_BASE, base);
	put(expr, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	put(expr, NFTNL_EXPR_PAYLOAD_LEN, len);
	put(expr, NFTNL_EXPR_PAYLOAD_DREG, reg);
}

static void add_daddr(struct build *build, uint8_t family, uint32_t reg)
{
	bool v6 = family == NFPROTO_IPV6;

	add_payload(build, NFT_PAYLOAD_NETWORK_HEADER,
		    v6 ? offsetof(struct ip6_hdr, ip6_dst) :
			 offsetof(struct iphdr, daddr),
		    v6 ? 16 : 4, reg);
}

/* Load @key of the original direction: what the client sent, before NAT. */
static void add_ct_original(struct build *build, uint32_t key, uint32_t reg)
{
	struct nftnl_expr *expr = add(build, "ct");

	put(expr, NFTNL_EXPR_CT_KEY, key);
	put(expr, NFTNL_EXPR_CT_DREG, reg);
	if (expr)
		nftnl_expr_set_u8(expr, NFTNL_EXPR_CT_DIR, IP_CT_DIR_ORIGINAL);
}

static struct nftnl_expr *add_lookup(struct build *build, const char *set)
{
	struct nftnl_expr *expr = add(build, "lookup");

	put(expr, NFTNL_EXPR_LOOKUP_SREG, REG);
	put_str(build, expr, NFTNL_EXPR_LOOKUP_SET, set);
	return expr;
}

/*
 * Look up in the rule's anonymous set.  The kernel replaces the %d in its name.
 */
static struct nftnl_expr *add_lookup_anonymous(struct build *build)
{
	struct nftnl_expr *expr;

	if (!build->set) {
		build->failed = true;
		return NULL;
	}
	expr = add_lookup(build, nftnl_set_get_str(build->set, NFTNL_SET_NAME));
	put(expr, NFTNL_EXPR_LOOKUP_SET_ID,
	    nftnl_set_get_u32(build->set, NFTNL_SET_ID));
	return expr;
}

struct nftnl_set *set_new(const char *name, uint32_t id, uint32_t flags,
			  uint32_t key_type, uint32_t key_len,
			  uint32_t data_type, uint32_t data_len,
			  uint8_t key_order)
{
	struct nftnl_udata_buf *buf = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);
	struct nftnl_set *set = nftnl_set_alloc();
	bool ok = buf && set;

	if (ok) {
		nftnl_set_set_u32(set, NFTNL_SET_FAMILY, NFPROTO_INET);
		nftnl_set_set_u32(set, NFTNL_SET_ID, id);
		nftnl_set_set_u32(set, NFTNL_SET_FLAGS, flags);
		nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, key_type);
		nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, key_len);
		if (flags & NFT_SET_MAP) {
			nftnl_set_set_u32(set, NFTNL_SET_DATA_TYPE, data_type);
			nftnl_set_set_u32(set, NFTNL_SET_DATA_LEN, data_len);
		}
		ok = !nftnl_set_set_str(set, NFTNL_SET_TABLE, RULESET_TABLE) &&
		     !nftnl_set_set_str(set, NFTNL_SET_NAME, name) &&
		     nftnl_udata_put_u32(buf, NFTNL_UDATA_SET_KEYBYTEORDER,
					 key_order) &&
		     nftnl_udata_put_u32(buf, NFTNL_UDATA_SET_DATABYTEORDER,
					 ORDER_NONE) &&
		     !nftnl_set_set_data(set, NFTNL_SET_USERDATA,
					 nftnl_udata_buf_data(buf),
					 nftnl_udata_buf_len(buf));
	}
	if (buf)
		nftnl_udata_buf_free(buf);
	if (!ok && set) {
		nftnl_set_free(set);
		set = NULL;
	}
	return set;
}

static int set_add(struct nftnl_set *set, const void *key, size_t key_len,
		   const void *data, size_t data_len)
{
	struct nftnl_set_elem *elem = nftnl_set_elem_alloc();

	if (!elem)
		return -ENOMEM;
	if (nftnl_set_elem_set(elem, NFTNL_SET_ELEM_KEY, key, (uint32_t)key_len) ||
	    (data && nftnl_set_elem_set(elem, NFTNL_SET_ELEM_DATA, data,
					(uint32_t)data_len))) {
		nftnl_set_elem_free(elem);
		return -ENOMEM;
	}
	nftnl_set_elem_add(set, elem);
	return 0;
}

/* meta l4proto { tcp, udp } */
static void add_transport(struct build *build, uint32_t set_id)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP };

	build->set = set_new("__set%d", set_id,
			     NFT_SET_ANONYMOUS | NFT_SET_CONSTANT,
			     TYPE_INET_PROTOCOL, 1, 0, 0, ORDER_NONE);
	for (size_t i = 0; build->set && i < sizeof(protos); i++)
		if (set_add(build->set, &protos[i], 1, NULL, 0))
			build->failed = true;
	if (build->set)
		nftnl_set_set_u32(build->set, NFTNL_SET_DESC_SIZE, sizeof(protos));

	add_meta(build, NFT_META_L4PROTO, REG);
	add_lookup_anonymous(build);
}

/* { 0 : ADDR . PORT, ... }; the port is padded to a register, as in nft. */
static struct nftnl_set *map_new(const struct service *service, uint32_t set_id,
				 const uint16_t *slots, size_t n)
{
	size_t len = addr_len(service->vip.family);
	bool v6 = service->vip.family == AF_INET6;
	uint8_t data[sizeof(struct in6_addr) + 4];
	struct nftnl_set *set;

	set = set_new("__map%d", set_id,
		      NFT_SET_ANONYMOUS | NFT_SET_CONSTANT | NFT_SET_MAP,
		      TYPE_INTEGER, 4,
		      TYPE_CONCAT2(v6 ? TYPE_IP6ADDR : TYPE_IPADDR,
				   TYPE_INET_SERVICE),
		      (uint32_t)len + 4, ORDER_HOST);
	if (!set)
		return NULL;
	nftnl_set_set_u32(set, NFTNL_SET_DESC_SIZE, (uint32_t)n);

	for (uint32_t i = 0; i < n; i++) {
		const struct backend *backend = &service->backends[slots[i]];
		uint16_t port = htons(backend->port);

		memset(data, 0, sizeof(data));
		memcpy(data, backend->addr.bytes, len);
		memcpy(data + len, &port, sizeof(port));
		if (set_add(set, &i, sizeof(i), data, len + 4)) {
			nftnl_set_free(set);
			return NULL;
		}
	}
	return set;
}

static void add_balance(struct build *build, const struct service *service,
			size_t n)
{
	bool v6 = service->vip.family == AF_INET6;
	struct nftnl_expr *expr;

	expr = add(build, "numgen");
	put(expr, NFTNL_EXPR_NG_DREG, REG);
	put(expr, NFTNL_EXPR_NG_MODULUS, (uint32_t)n);
	put(expr, NFTNL_EXPR_NG_TYPE, NFT_NG_INCREMENTAL);
	put(expr, NFTNL_EXPR_NG_OFFSET, 0);

	expr = add_lookup_anonymous(build);
	put(expr, NFTNL_EXPR_LOOKUP_DREG, REG);

	expr = add(build, "nat");
	put(expr, NFTNL_EXPR_NAT_TYPE, NFT_NAT_DNAT);
	put(expr, NFTNL_EXPR_NAT_FAMILY, v6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
	put(expr, NFTNL_EXPR_NAT_REG_ADDR_MIN, REG);
	put(expr, NFTNL_EXPR_NAT_REG_PROTO_MIN, v6 ? NFT_REG_2 : R32(1));
}

static void add_drop(struct build *build)
{
	struct nftnl_expr *expr = add(build, "immediate");

	put(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	put(expr, NFTNL_EXPR_IMM_VERDICT, NF_DROP);
}

static void add_refuse(struct build *build, uint8_t proto)
{
	struct nftnl_expr *expr = add(build, "reject");
	bool reset = proto == IPPROTO_TCP;

	put(expr, NFTNL_EXPR_REJECT_TYPE,
	    reset ? NFT_REJECT_TCP_RST : NFT_REJECT_ICMPX_UNREACH);
	if (expr)
		nftnl_expr_set_u8(expr, NFTNL_EXPR_REJECT_CODE,
				  reset ? 0 : NFT_REJECT_ICMPX_PORT_UNREACH);
}

static const char *helper_of(const struct service *service)
{
	bool tcp = service->proto == IPPROTO_TCP;

	if (service->fast)
		return tcp ? HELPER_TCP : HELPER_UDP;
	return tcp ? HELPER_TCP_SLOW : HELPER_UDP_SLOW;
}

int rule_service(struct rule *rule, const char *chain,
		 const struct service *service, enum allocator allocator,
		 uint32_t set_id)
{
	uint16_t slots[SLOTS_MAX];
	size_t n = slots_of(service, slots);
	struct nftnl_expr *expr;
	struct build build;

	build_start(&build, chain,
		    n ? scheduler_text(service->scheduler) : "no backend");

	/* Always true here, but nft needs it to print a port or a reset. */
	add_meta_is(&build, NFT_META_L4PROTO, service->proto);

	if (n && allocator == ALLOC_MODULE) {
		expr = add(&build, "objref");
		put(expr, NFTNL_EXPR_OBJREF_IMM_TYPE, NFT_OBJECT_CT_HELPER);
		put_str(&build, expr, NFTNL_EXPR_OBJREF_IMM_NAME,
			helper_of(service));
	}
	add(&build, "counter");
	if (n) {
		build.set = map_new(service, set_id, slots, n);
		add_balance(&build, service, n);
	} else if (service->when_empty == EMPTY_DROP) {
		add_drop(&build);
	} else {
		add_refuse(&build, service->proto);
	}
	return build_finish(&build, rule);
}

int rule_dispatch(struct rule *rule, const char *chain, uint8_t family,
		  uint32_t set_id)
{
	bool v6 = family == NFPROTO_IPV6;
	struct nftnl_expr *expr;
	struct build build;

	build_start(&build, chain, NULL);
	add_transport(&build, set_id);
	add_meta_is(&build, NFT_META_NFPROTO, family);

	add_meta(&build, NFT_META_L4PROTO, REG);
	add_daddr(&build, family, R32(1));
	add_payload(&build, NFT_PAYLOAD_TRANSPORT_HEADER, PORT_OFFSET, 2,
		    R32(v6 ? 1 + REG_WORDS : 2));
	expr = add_lookup(&build, v6 ? MAP_SERVICES6 : MAP_SERVICES4);
	put(expr, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
	return build_finish(&build, rule);
}

/* Match if conntrack's @key has a bit of @mask set. */
static void add_ct_has(struct build *build, uint32_t key, uint32_t mask)
{
	static const uint32_t zero;
	struct nftnl_expr *expr;

	expr = add(build, "ct");
	put(expr, NFTNL_EXPR_CT_KEY, key);
	put(expr, NFTNL_EXPR_CT_DREG, REG);
	expr = add(build, "bitwise");
	put(expr, NFTNL_EXPR_BITWISE_SREG, REG);
	put(expr, NFTNL_EXPR_BITWISE_DREG, REG);
	put(expr, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
	put(expr, NFTNL_EXPR_BITWISE_LEN, sizeof(mask));
	put_data(build, expr, NFTNL_EXPR_BITWISE_MASK, &mask, sizeof(mask));
	put_data(build, expr, NFTNL_EXPR_BITWISE_XOR, &zero, sizeof(zero));
	add_cmp(build, NFT_CMP_NEQ, &zero, sizeof(zero));
}

/* Match connections of services, by their original destination. */
static void add_ours(struct build *build, uint8_t family, uint32_t set_id)
{
	bool v6 = family == NFPROTO_IPV6;

	add_ct_has(build, NFT_CT_STATUS, IPS_DST_NAT);
	add_transport(build, set_id);

	add_meta(build, NFT_META_L4PROTO, REG);
	add_ct_original(build, v6 ? NFT_CT_DST_IP6 : NFT_CT_DST_IP, R32(1));
	add_ct_original(build, NFT_CT_PROTO_DST, R32(v6 ? 1 + REG_WORDS : 2));
	add_lookup(build, v6 ? SET_SOURCES6 : SET_SOURCES4);
}

int rule_source(struct rule *rule, const char *chain, uint8_t family,
		uint32_t set_id)
{
	bool v6 = family == NFPROTO_IPV6;
	struct nftnl_expr *expr;
	struct build build;

	build_start(&build, chain, NULL);
	add_ours(&build, family, set_id);
	add_ct_original(&build, v6 ? NFT_CT_DST_IP6 : NFT_CT_DST_IP, REG);
	expr = add(&build, "nat");
	put(expr, NFTNL_EXPR_NAT_TYPE, NFT_NAT_SNAT);
	put(expr, NFTNL_EXPR_NAT_FAMILY, family);
	put(expr, NFTNL_EXPR_NAT_REG_ADDR_MIN, REG);
	return build_finish(&build, rule);
}

int rule_flow(struct rule *rule, const char *chain, uint8_t family,
	      uint32_t set_id)
{
	struct nftnl_expr *expr;
	struct build build;

	build_start(&build, chain, NULL);
	add_ours(&build, family, set_id);
	expr = add(&build, "flow_offload");
	put_str(&build, expr, NFTNL_EXPR_FLOW_TABLE_NAME, FLOWTABLE);
	return build_finish(&build, rule);
}

static void add_for_vip(struct build *build, uint8_t family)
{
	add_meta_is(build, NFT_META_NFPROTO, family);
	add_daddr(build, family, REG);
	add_lookup(build, family == NFPROTO_IPV6 ? SET_VIPS6 : SET_VIPS4);
}

/* @l4proto: 0 for any */
static int drop_invalid(struct rule *rule, const char *chain, uint8_t family,
			uint8_t l4proto)
{
	struct build build;

	build_start(&build, chain, NULL);
	add_ct_has(&build, NFT_CT_STATE, NF_CT_STATE_INVALID_BIT);
	if (l4proto)
		add_meta_is(&build, NFT_META_L4PROTO, l4proto);
	add_for_vip(&build, family);
	add_drop(&build);
	return build_finish(&build, rule);
}

int rule_stray(struct rule *rule, const char *chain, uint8_t family,
	       uint32_t set_id)
{
	(void)set_id;
	return drop_invalid(rule, chain, family, IPPROTO_TCP);
}

int rule_lost(struct rule *rule, const char *chain, uint8_t family,
	      uint32_t set_id)
{
	(void)set_id;
	return drop_invalid(rule, chain, family, 0);
}

int rule_routed(struct rule *rule, const char *chain, uint8_t family,
		uint32_t set_id)
{
	static const uint32_t none;
	struct build build;

	(void)set_id;
	build_start(&build, chain, NULL);
	/* Not for packets of this machine, which have no input interface. */
	add_meta(&build, NFT_META_IIF, REG);
	add_cmp(&build, NFT_CMP_NEQ, &none, sizeof(none));
	add_for_vip(&build, family);
	add_drop(&build);
	return build_finish(&build, rule);
}

/* 2^32 divided by the golden ratio. */
#define GOLDEN 2654435769U

struct rotation {
	uint32_t first;
	uint32_t n;
};

static int move_slot(struct nftnl_set_elem *elem, void *data)
{
	const struct rotation *rotation = data;
	uint32_t slot = nftnl_set_elem_get_u32(elem, NFTNL_SET_ELEM_KEY);

	slot = (slot + rotation->n - rotation->first) % rotation->n;
	return nftnl_set_elem_set(elem, NFTNL_SET_ELEM_KEY, &slot, sizeof(slot));
}

void rule_set_turn(struct rule *rule, uint64_t packets)
{
	uint32_t share = (uint32_t)packets * GOLDEN;
	struct rotation rotation;

	if (!rule->set ||
	    !(nftnl_set_get_u32(rule->set, NFTNL_SET_FLAGS) & NFT_SET_MAP))
		return;
	rotation.n = nftnl_set_get_u32(rule->set, NFTNL_SET_DESC_SIZE);
	rotation.first = (uint32_t)((uint64_t)share * rotation.n >> 32);
	if (rotation.first)
		nftnl_set_elem_foreach(rule->set, move_slot, &rotation);
}
