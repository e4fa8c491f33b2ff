// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "net/address.h"
#include "net/link.h"
#include "net/netlink.h"

static int take_address(const struct nlmsghdr *nlh, void *data)
{
	struct address address;

	return address_read(nlh, RTM_NEWADDR, &address) ?
		       addresses_add(data, &address) : 0;
}

static void forget_addresses(void *data)
{
	struct addresses *all = data;

	all->n = 0;
}

/*
 * No duplicate address detection: a VIP must answer at once, and a standby
 * machine may have it, too.
 *
 * The VIP must not become the source of the machine's own connections, as these
 * would break when the VIP moves.  IPv6 prefers the source that is most like
 * the destination, but not a deprecated one (RFC 6724, rule 3).  IPv4 prefers
 * an address in the subnet of the next hop, which a /32 never is.
 */
static void put_vip6(struct nlmsghdr *nlh)
{
	const struct ifa_cacheinfo never_preferred = { .ifa_valid = UINT32_MAX };

	mnl_attr_put_u32(nlh, IFA_FLAGS, IFA_F_NODAD);
	mnl_attr_put(nlh, IFA_CACHEINFO, sizeof(never_preferred),
		     &never_preferred);
}

static int change_address(struct nl *nl, uint16_t type, uint16_t flags,
			  const struct address *address)
{
	NL_REQUEST_BUF(buf);
	struct nlmsghdr *nlh = nl_request(nl, buf, type, flags);
	size_t len = addr_len(address->addr.family);
	struct ifaddrmsg *ifa;

	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = address->addr.family;
	ifa->ifa_prefixlen = address->prefix;
	ifa->ifa_scope = RT_SCOPE_UNIVERSE;
	ifa->ifa_index = address->ifindex;
	mnl_attr_put(nlh, IFA_LOCAL, len, address->addr.bytes);
	mnl_attr_put(nlh, IFA_ADDRESS, len, address->addr.bytes);
	if (type == RTM_NEWADDR) {
		mnl_attr_put_u8(nlh, ADDRESS_ATTR_PROTO, ADDRESS_OURS);
		if (address->addr.family == AF_INET6)
			put_vip6(nlh);
	}
	return nl_talk(nl, nlh, NULL, NULL);
}

/* @flags: NLM_F_EXCL, or NLM_F_REPLACE for an existing address */
static int add_address(struct nl *nl, const struct addr *vip, uint16_t flags,
		       unsigned int ifindex, const char *dev, bool *changed,
		       struct err *err)
{
	struct address address = {
		.addr = *vip,
		.ifindex = ifindex,
		.prefix = (uint8_t)(addr_len(vip->family) * 8),
	};
	char text[INET6_ADDRSTRLEN];
	int rc;

	rc = change_address(nl, RTM_NEWADDR, NLM_F_CREATE | flags, &address);
	*changed |= !rc;
	if (!rc || rc == -EEXIST)
		return 0;
	return err_set(err, rc, "dev", "cannot put %s on interface %s: %s",
		       addr_text(vip, text, sizeof(text)), dev,
		       nl_reason(nl, rc));
}

static int del_address(struct nl *nl, const struct address *address,
		       struct err *err)
{
	char text[INET6_ADDRSTRLEN], dev[IF_NAMESIZE];
	int rc = change_address(nl, RTM_DELADDR, 0, address);

	if (!rc || rc == -EADDRNOTAVAIL || rc == -ENODEV)
		return 0;
	return err_set(err, rc, "dev", "cannot take %s from interface %s: %s",
		       addr_text(&address->addr, text, sizeof(text)),
		       if_indextoname(address->ifindex, dev) ? dev : "?",
		       nl_reason(nl, rc));
}

static int no_device(const char *dev, struct err *err)
{
	return err_set(err, -ENODEV, "dev",
		       "there is no interface \"%s\"; see \"ip link\"", dev);
}

/* Open a socket and list all addresses.  stop() frees both. */
static int start(struct nl *nl, struct addresses *all, struct err *err)
{
	int rc = nl_open(nl, NETLINK_ROUTE, err);

	memset(all, 0, sizeof(*all));
	if (rc)
		return rc;
	rc = nl_list(nl, RTM_GETADDR, take_address, forget_addresses, all);
	addresses_sort(all);
	if (!rc)
		return 0;
	err_set(err, rc, NULL, "cannot list addresses: %s", nl_reason(nl, rc));
	free(all->list);
	nl_close(nl);
	return rc;
}

static void stop(struct nl *nl, struct addresses *all)
{
	free(all->list);
	nl_close(nl);
}

static int put_vip(struct nl *nl, const struct addresses *all,
		   const struct addr *vip, const char *dev, bool *changed,
		   struct err *err)
{
	unsigned int ifindex = if_nametoindex(dev);
	const struct address *there;

	if (!ifindex)
		return no_device(dev, err);
	there = addresses_find(all, vip, ifindex);
	/* An older dnatd added IPv6 addresses as preferred: replace these. */
	if (there && (vip->family != AF_INET6 || !there->preferred ||
		      there->proto != ADDRESS_OURS))
		return 0;
	return add_address(nl, vip, there ? NLM_F_REPLACE : NLM_F_EXCL, ifindex,
			   dev, changed, err);
}

int link_vips_check(const struct vip *vips, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (!link_exists(vips[i].dev))
			return no_device(vips[i].dev, err);
	return 0;
}

int link_vips_add(const struct vip *vips, size_t n, struct err *err)
{
	struct addresses all;
	bool changed = false;
	struct nl nl;
	int rc;

	if (!n)
		return 0;
	rc = start(&nl, &all, err);
	if (rc)
		return rc;
	for (size_t i = 0; !rc && i < n; i++)
		rc = put_vip(&nl, &all, &vips[i].addr, vips[i].dev, &changed,
			     err);
	stop(&nl, &all);
	return rc;
}

int link_vips_del(const struct vip *vips, size_t n, struct err *err)
{
	struct addresses all;
	struct nl nl;
	int rc, first;

	if (!n)
		return 0;
	first = start(&nl, &all, err);
	if (first)
		return first;
	for (size_t i = 0; i < n; i++) {
		unsigned int ifindex = if_nametoindex(vips[i].dev);
		const struct address *address;

		if (!ifindex)
			continue;
		address = addresses_find(&all, &vips[i].addr, ifindex);
		if (!address || address->proto != ADDRESS_OURS)
			continue;
		rc = del_address(&nl, address, first ? NULL : err);
		first = first ? first : rc;
	}
	stop(&nl, &all);
	return first;
}

static int add_missing(struct nl *nl, const struct addresses *all,
		       const struct model *model, int first, bool *changed,
		       struct err *err)
{
	for (size_t i = 0; i < model->n_services; i++) {
		const struct service *service = model->services[i];
		struct err why;
		int rc;

		if (!service->dev[0])
			continue;
		rc = put_vip(nl, all, &service->vip, service->dev, changed,
			     &why);
		if (rc && !first)
			first = err_set(err, rc, "dev", "service %s: %s",
					service->name, why.msg);
	}
	return first;
}

int link_reconcile(const struct model *model, bool *changed, struct err *err)
{
	struct addresses all, wanted = { 0 };
	struct nl nl;
	size_t n;
	int rc, first;

	first = start(&nl, &all, err);
	if (first)
		return first;
	n = all.n;
	if (addresses_wanted(&wanted, model)) {
		first = err_no_memory(err);
		n = 0;
	}
	for (size_t i = 0; i < n; i++) {
		if (all.list[i].proto != ADDRESS_OURS ||
		    addresses_find(&wanted, &all.list[i].addr,
				   all.list[i].ifindex))
			continue;
		rc = del_address(&nl, &all.list[i], first ? NULL : err);
		*changed |= !rc;
		first = first ? first : rc;
	}
	first = add_missing(&nl, &all, model, first, changed, err);
	free(wanted.list);
	stop(&nl, &all);
	return first;
}

bool link_exists(const char *dev)
{
	return if_nametoindex(dev) != 0;
}

struct names {
	size_t n;
	const char **list;
};

static int take_link(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr, *name = NULL;
	struct names *names = data;
	char *copy;

	if (nlh->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifi) ||
	    !(ifi->ifi_flags & IFF_UP) || (ifi->ifi_flags & IFF_LOOPBACK) ||
	    names->n == LINK_NAMES_MAX)
		return 0;
	mnl_attr_for_each(attr, nlh, sizeof(*ifi))
		if (mnl_attr_get_type(attr) == IFLA_IFNAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			name = attr;
	if (!name)
		return 0;
	copy = strdup(mnl_attr_get_str(name));
	if (!copy)
		return -ENOMEM;
	names->list[names->n++] = copy;
	return 0;
}

static void forget_links(void *data)
{
	struct names *names = data;

	while (names->n) {
		free((char *)names->list[--names->n]);
		names->list[names->n] = NULL;
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void link_names_free(const char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free((char *)names[i]);
	free(names);
}

int link_up_names(const char ***list, size_t *n, struct err *err)
{
	struct names names = { 0 };
	struct nl nl;
	int rc;

	rc = nl_open(&nl, NETLINK_ROUTE, err);
	if (rc)
		return rc;
	names.list = calloc(LINK_NAMES_MAX + 1, sizeof(*names.list));
	if (!names.list) {
		rc = err_no_memory(err);
		goto out;
	}
	rc = nl_list(&nl, RTM_GETLINK, take_link, forget_links, &names);
	/*
	 * Links changed during each dump: an incomplete list is better than
	 * none.
	 */
	if (rc == -EINTR)
		rc = 0;
	if (rc) {
		err_set(err, rc, NULL, "cannot list interfaces: %s",
			nl_reason(&nl, rc));
		link_names_free(names.list);
		goto out;
	}
	qsort(names.list, names.n, sizeof(*names.list), compare_names);
	*list = names.list;
	*n = names.n;
out:
	nl_close(&nl);
	return rc;
}
