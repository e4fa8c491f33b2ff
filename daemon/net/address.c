// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/array.h"
#include "net/address.h"

static bool is_preferred(const struct nlattr *attr)
{
	const struct ifa_cacheinfo *info = mnl_attr_get_payload(attr);

	return mnl_attr_get_payload_len(attr) >= sizeof(*info) &&
	       info->ifa_prefered;
}

bool address_read(const struct nlmsghdr *nlh, uint16_t type,
		  struct address *address)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr, *local = NULL, *peer = NULL;

	memset(address, 0, sizeof(*address));
	if (nlh->nlmsg_type != type ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifa) ||
	    (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6))
		return false;

	mnl_attr_for_each(attr, nlh, sizeof(*ifa)) {
		switch (mnl_attr_get_type(attr)) {
		case IFA_LOCAL:
			local = attr;
			break;
		case IFA_ADDRESS:
			peer = attr;
			break;
		case ADDRESS_ATTR_PROTO:
			if (mnl_attr_get_payload_len(attr) >= 1)
				address->proto = mnl_attr_get_u8(attr);
			break;
		case IFA_CACHEINFO:
			address->preferred = is_preferred(attr);
			break;
		}
	}
	if (!local)
		local = peer;
	if (!local ||
	    mnl_attr_get_payload_len(local) != addr_len(ifa->ifa_family))
		return false;

	address->addr.family = ifa->ifa_family;
	memcpy(address->addr.bytes, mnl_attr_get_payload(local),
	       addr_len(ifa->ifa_family));
	address->ifindex = ifa->ifa_index;
	address->prefix = ifa->ifa_prefixlen;
	address->tentative = ifa->ifa_flags & IFA_F_TENTATIVE;
	return true;
}

int address_compare(const void *a, const void *b)
{
	const struct address *x = a, *y = b;

	if (x->ifindex != y->ifindex)
		return x->ifindex < y->ifindex ? -1 : 1;
	return addr_compare(&x->addr, &y->addr);
}

int addresses_add(struct addresses *all, const struct address *address)
{
	if (array_room(&all->list, all->n, &all->room, sizeof(*all->list)))
		return -ENOMEM;
	all->list[all->n++] = *address;
	return 0;
}

void addresses_sort(struct addresses *all)
{
	if (all->n)
		qsort(all->list, all->n, sizeof(*all->list), address_compare);
}

const struct address *addresses_find(const struct addresses *all,
				     const struct addr *addr,
				     unsigned int ifindex)
{
	const struct address wanted = { .addr = *addr, .ifindex = ifindex };

	if (!all->n)
		return NULL;
	return bsearch(&wanted, all->list, all->n, sizeof(*all->list),
		       address_compare);
}

/* Consecutive services mostly have the same interface. */
int addresses_wanted(struct addresses *all, const struct model *model)
{
	struct address address = { 0 };
	const char *dev = "";
	int ret = 0;

	for (size_t i = 0; !ret && i < model->n_services; i++) {
		const struct service *service = model->services[i];

		if (strcmp(service->dev, dev)) {
			dev = service->dev;
			address.ifindex = dev[0] ? if_nametoindex(dev) : 0;
		}
		address.addr = service->vip;
		if (address.ifindex)
			ret = addresses_add(all, &address);
	}
	addresses_sort(all);
	return ret;
}
