// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "change.h"
#include "link.h"
#include "reserve.h"
#include "store.h"

static bool wants_vip(const struct service *service,
		      const struct service *like)
{
	return addr_equal(&service->vip, &like->vip) &&
	       !strcmp(service->dev, like->dev);
}

/* Does any service have @like's VIP on @like's interface? */
static bool vip_needed(const struct model *model, const struct service *like)
{
	size_t i;

	for (i = 0; i < model->n_services; i++)
		if (wants_vip(model->services[i], like))
			return true;
	return false;
}

/*
 * Take @service's VIP away where @model, as it is now, has no use for it.  One
 * that stays behind does no harm and goes at the next start.
 */
static void vip_release(const struct model *model,
			const struct service *service)
{
	if (service->dev[0] && !vip_needed(model, service))
		link_vip_del(&service->vip, service->dev, NULL);
}

static int vip_add(const struct service *new, struct err *err)
{
	if (!new || !new->dev[0])
		return 0;
	return link_vip_add(&new->vip, new->dev, err);
}

static int port_reserve(struct dnatd *dnatd, const struct change *change,
			struct err *err)
{
	if (!change->new || change->old)
		return 0;
	return reserve_add(dnatd, change->new, err);
}

/*
 * The table may have been lost or edited behind our back, and a change sent to
 * what is not there fails.  Then all of it is put right first.
 */
static int rules_change(struct dnatd *dnatd, const struct change *change,
			struct err *err)
{
	bool repaired = false;
	int ret;

	ret = nft_change(dnatd->nft, dnatd->in_force, dnatd->model, change,
			 err);
	if (!ret)
		return 0;
	if (nft_reconcile(dnatd->nft, dnatd->in_force, dnatd->model, &repaired,
			  NULL) ||
	    !repaired)
		return ret;
	/* With the table the module may have gone and come back. */
	ret = reserve_start(dnatd, err);
	if (ret)
		return ret;
	return nft_change(dnatd->nft, dnatd->in_force, dnatd->model, change,
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

static int change_carry_out(struct dnatd *dnatd, struct change *change,
			    struct err *err)
{
	bool gone = !change->new;
	struct service was = { 0 };
	int ret;

	ret = store_prepare(dnatd->state_path, dnatd->model, change, err);
	if (ret)
		return ret;
	ret = vip_add(change->new, err);
	if (ret)
		goto abort_store;
	ret = port_reserve(dnatd, change, err);
	if (ret)
		goto undo_vip;
	ret = rules_change(dnatd, change, err);
	if (ret)
		goto undo_port;
	ret = store_commit(dnatd->state_path, err);
	if (ret)
		goto undo_rules;

	if (change->old)
		was = *change->old;
	model_commit(dnatd->model, change);
	vip_release(dnatd->model, &was);
	if (gone)
		reserve_del(dnatd, &was);
	return 0;

undo_rules:
	rules_undo(dnatd, err);
undo_port:
	if (!change->old)
		reserve_del(dnatd, change->new);
undo_vip:
	if (change->new)
		vip_release(dnatd->model, change->new);
abort_store:
	store_abort(dnatd->state_path);
	return ret;
}

int change_apply(struct dnatd *dnatd, const char *op, const json_t *args,
		 struct err *err)
{
	struct change change;
	int ret;

	ret = model_plan(dnatd->model, op, args, &change, err);
	if (ret)
		return ret;
	ret = change_carry_out(dnatd, &change, err);
	if (ret)
		change_drop(&change);
	return ret;
}
