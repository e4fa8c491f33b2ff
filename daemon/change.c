// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "ending.h"
#include "health.h"
#include "link.h"
#include "repair.h"
#include "reserve.h"
#include "service.h"
#include "store.h"

/* Copies of the services before or after, sorted; their backends are not ours. */
struct side {
	size_t n;
	struct service *list;
};

static int compare_services(const void *a, const void *b)
{
	return service_compare(a, b);
}

static int side_init(struct side *side, const struct changes *changes,
		     bool after)
{
	side->n = 0;
	side->list = calloc(changes->n + 1, sizeof(*side->list));
	if (!side->list)
		return -ENOMEM;
	for (size_t i = 0; i < changes->n; i++) {
		const struct change *change = &changes->list[i];
		const struct service *service = after ? change->new :
							change->old;

		if (service)
			side->list[side->n++] = *service;
	}
	qsort(side->list, side->n, sizeof(*side->list), compare_services);
	return 0;
}

/* Is there a service with @service's VIP, port and protocol? */
static bool side_has(const struct side *side, const struct service *service)
{
	return bsearch(service, side->list, side->n, sizeof(*side->list),
		       compare_services);
}

static int vips_add(const struct side *new, struct err *err)
{
	struct vip *vips = calloc(new->n + 1, sizeof(*vips));
	size_t n = 0;
	int ret;

	if (!vips)
		return err_no_memory(err);
	for (size_t i = 0; i < new->n; i++)
		if (new->list[i].dev[0])
			vips[n++] = (struct vip){ new->list[i].vip,
						  new->list[i].dev };
	ret = link_vips_add(vips, n, err);
	free(vips);
	return ret;
}

static int compare_vips(const void *a, const void *b)
{
	const struct vip *x = a, *y = b;
	int order = addr_compare(&x->addr, &y->addr);

	return order ? order : strcmp(x->dev, y->dev);
}

/* The VIPs that @model has on interfaces, sorted; NULL where memory is short. */
static struct vip *vips_needed(const struct model *model, size_t *n)
{
	struct vip *needed = calloc(model->n_services + 1, sizeof(*needed));

	*n = 0;
	for (size_t i = 0; needed && i < model->n_services; i++) {
		const struct service *service = model->services[i];

		if (service->dev[0])
			needed[(*n)++] = (struct vip){ service->vip,
						       service->dev };
	}
	if (*n)
		qsort(needed, *n, sizeof(*needed), compare_vips);
	return needed;
}

/*
 * Take @side's VIPs away where @model, as it is now, has no use for them.  One
 * that stays behind does no harm and goes at the next start.
 */
static void vips_release(const struct model *model, const struct side *side)
{
	struct vip *gone = calloc(side->n + 1, sizeof(*gone));
	size_t n = 0, n_needed;
	struct vip *needed = vips_needed(model, &n_needed);

	for (size_t i = 0; gone && needed && i < side->n; i++) {
		struct vip vip = { side->list[i].vip, side->list[i].dev };

		if (vip.dev[0] && !bsearch(&vip, needed, n_needed, sizeof(vip),
					   compare_vips))
			gone[n++] = vip;
	}
	link_vips_del(gone, n, NULL);
	free(gone);
	free(needed);
}

/* Give the ports of @side back that @other does not have. */
static void ports_release(struct dnatd *dnatd, const struct side *side,
			  const struct side *other)
{
	for (size_t i = 0; i < side->n; i++)
		if (!side_has(other, &side->list[i]))
			reserve_del(dnatd, &side->list[i]);
}

static int ports_reserve(struct dnatd *dnatd, const struct side *old,
			 const struct side *new, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < new->n; i++)
		if (!side_has(old, &new->list[i]))
			ret = reserve_add(dnatd, &new->list[i], err);
	return ret;
}

/*
 * The table may have been lost or edited behind our back, and a change sent to
 * what is not there fails.  Then all of it is put right first.
 */
static int rules_change(struct dnatd *dnatd, const struct changes *changes,
			struct err *err)
{
	bool repaired = false;
	int ret;

	ret = nft_change(dnatd->nft, dnatd->in_force, dnatd->model, changes,
			 err);
	if (!ret)
		return 0;
	if (nft_reconcile(dnatd->nft, dnatd->in_force, dnatd->model, &repaired,
			  NULL) ||
	    !repaired)
		return ret;
	repairs_tell(dnatd, "rules");
	conns_end_astray(dnatd);
	/* With the table the module may have gone and come back. */
	ret = reserve_start(dnatd, err);
	if (ret)
		return ret;
	return nft_change(dnatd->nft, dnatd->in_force, dnatd->model, changes,
			  err);
}

/* Bring the rules back to what the model says; @err keeps the first cause. */
static void rules_undo(struct dnatd *dnatd, struct err *err)
{
	char cause[sizeof(err->msg)];
	struct err second;
	bool changed;

	if (!nft_reconcile(dnatd->nft, dnatd->in_force, dnatd->model, &changed,
			   &second))
		return;
	memcpy(cause, err->msg, sizeof(cause));
	snprintf(err->msg, sizeof(err->msg),
		 "%.200s; and the rules could not be put back: %.200s; restart dnatd",
		 cause, second.msg);
}

/*
 * The UDP flows to backends that go: the next packet must find another one.  And
 * those to services that come, whose clients may have asked before.
 */
struct flows {
	size_t n;
	struct conn_filter *list;
	bool astray;
};

static int flows_init(struct flows *flows, const struct changes *changes)
{
	size_t room = 1;

	flows->n = 0;
	for (size_t i = 0; i < changes->n; i++)
		if (changes->list[i].old &&
		    changes->list[i].old->proto == IPPROTO_UDP)
			room += changes->list[i].old->n_backends;
	flows->list = calloc(room, sizeof(*flows->list));
	if (!flows->list)
		return -ENOMEM;
	for (size_t i = 0; i < changes->n; i++) {
		const struct service *old = changes->list[i].old;
		const struct service *new = changes->list[i].new;

		flows->astray |= !old && new->proto == IPPROTO_UDP;
		if (!old || old->proto != IPPROTO_UDP)
			continue;
		for (size_t j = 0; j < old->n_backends; j++) {
			const struct backend *backend = &old->backends[j];

			if (!new || service_find_backend(new, &backend->addr,
							 backend->port) ==
				    new->n_backends)
				flows->list[flows->n++] =
					conn_filter_of(old, backend);
		}
	}
	return 0;
}

/* One that cannot be ended now ends when it is idle. */
static void flows_end(struct dnatd *dnatd, const struct flows *flows)
{
	for (size_t i = 0; i < flows->n; i++)
		conns_end(dnatd, &flows->list[i], NULL, NULL, NULL);
	if (flows->astray)
		conns_end_astray(dnatd);
}

static int carry_out(struct dnatd *dnatd, struct changes *changes,
		     const struct side *old, const struct side *new,
		     struct err *err)
{
	struct vdports was;
	int ret;

	if (!changes->passing) {
		ret = store_prepare(dnatd->store, dnatd->model, changes, err);
		if (ret)
			return ret;
	}
	ret = vips_add(new, err);
	if (ret)
		goto undo_vips;
	ret = ports_reserve(dnatd, old, new, err);
	if (ret)
		goto undo_ports;
	if (changes->vdports)
		ret = vdports_put(dnatd, changes->vdports, &was, err);
	if (ret)
		goto undo_ports;
	if (changes->n)
		ret = rules_change(dnatd, changes, err);
	if (ret)
		goto undo_vdports;
	if (!changes->passing) {
		ret = store_commit(dnatd->store, err);
		if (ret)
			goto undo_rules;
	}

	for (size_t i = 0; i < changes->n; i++) {
		if (!changes->passing)
			health_follow(dnatd->health, &changes->list[i]);
		model_commit(dnatd->model, &changes->list[i]);
	}
	if (changes->vdports)
		dnatd->model->vdports = *changes->vdports;
	vips_release(dnatd->model, old);
	ports_release(dnatd, old, new);
	if (!changes->passing) {
		dnatd->changes++;
		store_settle(dnatd->store, dnatd->model);
	}
	return 0;

undo_rules:
	if (changes->n)
		rules_undo(dnatd, err);
undo_vdports:
	if (changes->vdports)
		vdports_back(dnatd, &was);
undo_ports:
	ports_release(dnatd, new, old);
undo_vips:
	vips_release(dnatd->model, new);
	if (!changes->passing)
		store_abort(dnatd->store);
	return ret;
}

int changes_apply(struct dnatd *dnatd, struct changes *changes,
		  struct err *err)
{
	struct side old = { 0 }, new = { 0 };
	struct flows flows = { 0 };
	int ret = side_init(&old, changes, false);

	if (!ret)
		ret = side_init(&new, changes, true);
	if (!ret)
		ret = flows_init(&flows, changes);
	if (!ret)
		ret = model_make_room(dnatd->model, new.n);
	if (ret)
		err_no_memory(err);
	else
		ret = carry_out(dnatd, changes, &old, &new, err);
	if (!ret) {
		flows_end(dnatd, &flows);
		drain_look(dnatd->drain);
	}
	free(flows.list);
	free(old.list);
	free(new.list);
	return ret;
}

int change_apply(struct dnatd *dnatd, const char *op, const json_t *args,
		 struct err *err)
{
	struct change change;
	struct changes changes = { .n = 1, .list = &change };
	int ret;

	ret = model_plan(dnatd->model, op, args, &change, err);
	if (ret)
		return ret;
	ret = changes_apply(dnatd, &changes, err);
	if (ret)
		change_drop(&change);
	return ret;
}
