// SPDX-License-Identifier: GPL-2.0-only
/* The sets of all VIPs, for the rules that drop packets without a service. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "nft/table.h"

/*
 * A sorted list of VIPs without duplicates, and the number of their services.
 */
struct vips {
	size_t n;
	struct vip_users {
		struct addr addr;
		size_t users;
	} *list;
};

static int compare(const void *a, const void *b)
{
	const struct vip_users *x = a, *y = b;

	return addr_compare(&x->addr, &y->addr);
}

static int vips_init(struct vips *vips, size_t room)
{
	vips->n = 0;
	vips->list = calloc(room + 1, sizeof(*vips->list));
	return vips->list ? 0 : -ENOMEM;
}

static void vips_add(struct vips *vips, const struct service *service)
{
	vips->list[vips->n++].addr = service->vip;
}

static void vips_sort(struct vips *vips)
{
	size_t n = 0;

	qsort(vips->list, vips->n, sizeof(*vips->list), compare);
	for (size_t i = 0; i < vips->n; i++)
		if (!n || compare(&vips->list[n - 1], &vips->list[i]))
			vips->list[n++] = vips->list[i];
	vips->n = n;
}

static void vips_count(struct vips *vips, const struct service *service,
		       size_t users)
{
	struct vip_users *found, key = { 0 };

	if (!service)
		return;
	key.addr = service->vip;
	found = bsearch(&key, vips->list, vips->n, sizeof(key), compare);
	if (found)
		found->users += users;
}

static int want_vip(struct table *table, const struct addr *addr)
{
	struct nftnl_set_elem *elem = element_of_key(addr->bytes,
						     addr_len(addr->family));

	return table_add_element(table, addr->family == AF_INET6 ? SET_VIPS6 :
								   SET_VIPS4,
				 elem, elem ? text_element(elem) : NULL, NULL);
}

static int want_used(struct table *table, const struct vips *vips)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < vips->n; i++)
		if (vips->list[i].users)
			rc = want_vip(table, &vips->list[i].addr);
	return rc;
}

int table_want_vips(struct table *table, const struct model *model)
{
	struct vips vips;
	int rc = vips_init(&vips, model->n_services);

	if (rc)
		return rc;
	for (size_t i = 0; i < model->n_services; i++)
		vips_add(&vips, model->services[i]);
	vips_sort(&vips);
	for (size_t i = 0; i < vips.n; i++)
		vips.list[i].users = 1;
	rc = want_used(table, &vips);
	free(vips.list);
	return rc;
}

int table_want_changed_vips(struct table *table, const struct model *model,
			    const struct changes *changes, bool made)
{
	const struct change *change;
	struct vips vips;
	int rc = vips_init(&vips, changes->n);

	if (rc)
		return rc;
	/* The VIP of an existing service cannot change. */
	for (size_t i = 0; i < changes->n; i++) {
		change = &changes->list[i];
		if (!change->old != !change->new)
			vips_add(&vips, change->old ? change->old : change->new);
	}
	vips_sort(&vips);
	for (size_t i = 0; vips.n && i < model->n_services; i++)
		vips_count(&vips, model->services[i], 1);
	for (size_t i = 0; vips.n && made && i < changes->n; i++) {
		vips_count(&vips, changes->list[i].new, 1);
		vips_count(&vips, changes->list[i].old, (size_t)-1);
	}
	rc = want_used(table, &vips);
	free(vips.list);
	return rc;
}
