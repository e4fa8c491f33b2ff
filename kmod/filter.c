// SPDX-License-Identifier: GPL-2.0-only
#include "filter.h"

static void dnat_get_addr(const struct nlattr *attr, union nf_inet_addr *addr,
			  u8 *len)
{
	if (!attr)
		return;
	*len = nla_len(attr);
	memcpy(addr, nla_data(attr), *len);
}

/**
 * dnat_filter_read - read the filter of a request
 * @filter: result; all zeros before
 * @attrs: checked by DNAT_FILTER_POLICY; NULL for those not in the request
 *
 * Context: any.
 */
void dnat_filter_read(struct dnat_filter *filter, struct nlattr **attrs)
{
	BUILD_BUG_ON((int)DNAT_CONN_OPEN != (int)DNAT_CLASS_OPEN);
	BUILD_BUG_ON((int)DNAT_CONN_HALF_OPEN != (int)DNAT_CLASS_HALF_OPEN);
	BUILD_BUG_ON((int)DNAT_CONN_CLOSED != (int)DNAT_CLASS_CLOSED);

	dnat_get_addr(attrs[DNAT_A_VIP], &filter->vip, &filter->vip_len);
	dnat_get_addr(attrs[DNAT_A_BACKEND], &filter->bip, &filter->bip_len);
	dnat_get_addr(attrs[DNAT_A_CLIENT], &filter->cip, &filter->cip_len);
	if (attrs[DNAT_A_BACKEND_PORT]) {
		filter->by_bport = true;
		filter->bport = nla_get_be16(attrs[DNAT_A_BACKEND_PORT]);
	}
	if (attrs[DNAT_A_SERVICE_PORT]) {
		filter->by_service_port = true;
		filter->service_port = nla_get_be16(attrs[DNAT_A_SERVICE_PORT]);
	}
	if (attrs[DNAT_A_L4PROTO]) {
		filter->by_l4proto = true;
		filter->l4proto = nla_get_u8(attrs[DNAT_A_L4PROTO]);
	}
	if (attrs[DNAT_A_CLASS]) {
		filter->by_class = true;
		filter->class = nla_get_u8(attrs[DNAT_A_CLASS]);
	}
}

static u8 dnat_addr_len(u8 l3num)
{
	return l3num == NFPROTO_IPV4 ? sizeof(struct in_addr) :
				       sizeof(struct in6_addr);
}

static bool dnat_addr_matches(const union nf_inet_addr *addr, u8 l3num,
			      const union nf_inet_addr *wanted, u8 len)
{
	return !len || (len == dnat_addr_len(l3num) &&
			!memcmp(addr, wanted, len));
}

/**
 * dnat_filter_wants_pool - can connections of a pool match the filter?
 * @filter: from dnat_filter_read()
 * @key: of the pool
 *
 * Context: any.
 */
bool dnat_filter_wants_pool(const struct dnat_filter *filter,
			    const struct dnat_pool_key *key)
{
	return dnat_addr_matches(&key->vip, key->l3num, &filter->vip,
				 filter->vip_len) &&
	       dnat_addr_matches(&key->bip, key->l3num, &filter->bip,
				 filter->bip_len) &&
	       (!filter->by_bport || key->bport == filter->bport) &&
	       (!filter->by_l4proto || key->l4proto == filter->l4proto);
}

/**
 * dnat_filter_wants - does a connection match the filter?
 * @filter: from dnat_filter_read()
 * @conn: of a pool for which dnat_filter_wants_pool() is true
 *
 * As in conntrack's own dumps, connections that are not confirmed, dying or
 * expired do not match.
 *
 * Context: any, the pool's lock held.
 */
bool dnat_filter_wants(const struct dnat_filter *filter,
		       const struct dnat_conn *conn)
{
	if (!nf_ct_is_confirmed(conn->ct) || nf_ct_is_dying(conn->ct) ||
	    nf_ct_is_expired(conn->ct))
		return false;
	return dnat_addr_matches(&conn->client, conn->pool->key.l3num,
				 &filter->cip, filter->cip_len) &&
	       (!filter->by_service_port ||
		conn->vport == filter->service_port) &&
	       (!filter->by_class || conn->class == filter->class) &&
	       (!filter->unanswered ||
		!test_bit(IPS_SEEN_REPLY_BIT, &conn->ct->status));
}
