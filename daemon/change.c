// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "conn_set.h"
#include "ending.h"
#include "follow.h"
#include "forget.h"
#include "health.h"
#include "link.h"
#include "repair.h"
#include "reserve.h"
#include "service.h"
#include "store.h"

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

/* The service with @service's VIP, port and protocol, or NULL. */
static const struct service *side_find(const struct side *side,
				       const struct service *service)
{
	return bsearch(service, side->list, side->n, sizeof(*side->list),
		       compare_services);
}

static bool side_has(const struct side *side, const struct service *service)
{
	return side_find(side, service) != NULL;
}

static int compare_vips(const void *a, const void *b)
{
	const struct vip *x = a, *y = b;
	int order = addr_compare(&x->addr, &y->addr);

	return order ? order : strcmp(x->dev, y->dev);
}

/* The VIPs that @side has on interfaces, sorted; NULL where memory is short. */
static struct vip *side_vips(const struct side *side, size_t *n)
{
	struct vip *vips = calloc(side->n + 1, sizeof(*vips));

	*n = 0;
	for (size_t i = 0; vips && i < side->n; i++)
		if (side->list[i].dev[0])
			vips[(*n)++] = (struct vip){ side->list[i].vip,
						     side->list[i].dev };
	if (*n)
		qsort(vips, *n, sizeof(*vips), compare_vips);
	return vips;
}

/*
 * Have @fn done to the VIPs of @new, but for those that services of @old have on
 * interfaces: such an interface may be missing now, which is no reason to refuse
 * the change of something else.
 */
static int vips_new(const struct side *old, const struct side *new,
		    int (*fn)(const struct vip *vips, size_t n,
			      struct err *err),
		    struct err *err)
{
	size_t n_has, n_wanted, n = 0;
	struct vip *has = side_vips(old, &n_has);
	struct vip *wanted = side_vips(new, &n_wanted);
	int ret;

	for (size_t i = 0; has && wanted && i < n_wanted; i++)
		if (!bsearch(&wanted[i], has, n_has, sizeof(*has),
			     compare_vips))
			wanted[n++] = wanted[i];
	ret = has && wanted ? fn(wanted, n, err) : err_no_memory(err);
	free(has);
	free(wanted);
	return ret;
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
static int rules_change(struct transaction *transaction, struct err *err)
{
	struct dnatd *dnatd = transaction->dnatd;
	const struct changes *changes = &transaction->changes;
	bool repaired = false;
	int ret;

	ret = nft_change(dnatd->nft, dnatd->in_force, dnatd->model, changes,
			 err);
	if (!ret)
		return 0;
	if (nft_reconcile(dnatd->nft, dnatd->in_force, dnatd->model,
			  &repaired, NULL) ||
	    !repaired)
		return ret;
	transaction->repaired = true;
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

static int gone_init(struct conn_set *gone, const struct changes *changes,
		     const struct side *old, const struct side *new)
{
	int ret = 0;

	for (size_t i = 0; !ret && !changes->passing && i < old->n; i++)
		ret = conn_set_add_gone(gone, &old->list[i],
					side_find(new, &old->list[i]));
	return ret;
}

/* All that is outside of this process, in an order in which it can be undone. */
static int carry_out(struct transaction *transaction, struct err *err)
{
	const struct changes *changes = &transaction->changes;
	const struct side *old = &transaction->old, *new = &transaction->new;
	struct dnatd *dnatd = transaction->dnatd;
	struct vdports was;
	int ret;

	if (!changes->passing) {
		ret = store_prepare(dnatd->store, dnatd->model, changes, err);
		if (ret)
			return ret;
	}
	ret = vips_new(old, new, link_vips_add, err);
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
		ret = rules_change(transaction, err);
	if (ret)
		goto undo_vdports;
	if (!changes->passing) {
		ret = store_commit(dnatd->store, err);
		if (ret)
			goto undo_rules;
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

int changes_check(const struct changes *changes, struct err *err)
{
	struct side old = { 0 }, new = { 0 };
	int ret = side_init(&old, changes, false);

	if (!ret)
		ret = side_init(&new, changes, true);
	ret = ret ? err_no_memory(err) :
		    vips_new(&old, &new, link_vips_check, err);
	free(old.list);
	free(new.list);
	return ret;
}

static int prepare(struct transaction *transaction)
{
	const struct changes *changes = &transaction->changes;
	struct side *old = &transaction->old, *new = &transaction->new;
	int ret = side_init(old, changes, false);

	if (!ret)
		ret = side_init(new, changes, true);
	if (!ret)
		ret = gone_init(&transaction->gone, changes, old, new);
	if (!ret)
		ret = model_room_new(transaction->dnatd->model, new->n,
				     &transaction->room);
	return ret;
}

static bool changes_any(const struct changes *changes)
{
	return changes->n || changes->vdports;
}

static void begin(struct job *job)
{
	struct transaction *transaction = (struct transaction *)job;

	if (transaction->begin)
		transaction->begin(transaction);
}

static void work(struct job *job)
{
	struct transaction *transaction = (struct transaction *)job;
	struct err *err = &transaction->err;

	if (!transaction->ret && transaction->plan)
		transaction->ret = transaction->plan(transaction, err);
	if (transaction->ret || !changes_any(&transaction->changes))
		return;
	transaction->ret = prepare(transaction) ? err_no_memory(err) :
						  carry_out(transaction, err);
}

/* Clients may have asked for a service before it was there. */
static bool is_new(const struct side *old, const struct side *new)
{
	for (size_t i = 0; i < new->n; i++)
		if (!side_has(old, &new->list[i]))
			return true;
	return false;
}

static void take_over(struct transaction *transaction)
{
	struct dnatd *dnatd = transaction->dnatd;
	struct changes *changes = &transaction->changes;

	model_room_take(dnatd->model, &transaction->room);
	for (size_t i = 0; i < changes->n; i++) {
		if (!changes->passing)
			health_follow(dnatd->health, &changes->list[i]);
		model_commit(dnatd->model, &changes->list[i]);
	}
	if (changes->vdports)
		dnatd->model->vdports = *changes->vdports;
	if (!changes->passing)
		dnatd->changes++;
	for (size_t i = 0; i < transaction->gone.n; i++)
		conns_forget(dnatd, &transaction->gone.list[i]);
	if (is_new(&transaction->old, &transaction->new))
		conns_end_astray(dnatd);
	drain_look(dnatd->drain);
}

static void end(struct transaction *transaction)
{
	conn_set_clean(&transaction->gone);
	free(transaction->old.list);
	free(transaction->new.list);
	free(transaction->room.services);
	transaction->done(transaction);
}

/* What nobody needs now that the model is another. */
static void release(struct job *job)
{
	struct transaction *transaction = (struct transaction *)job;
	struct dnatd *dnatd = transaction->dnatd;

	vips_release(dnatd->model, &transaction->old);
	ports_release(dnatd, &transaction->old, &transaction->new);
	store_settle(dnatd->store, dnatd->model);
}

static void released(struct job *job)
{
	end((struct transaction *)job);
}

static void worked(struct job *job)
{
	struct transaction *transaction = (struct transaction *)job;
	const struct changes *changes = &transaction->changes;
	bool any = changes_any(changes);

	jobs_follow(transaction->dnatd);
	if (transaction->repaired) {
		repairs_tell(transaction->dnatd, "rules");
		conns_end_astray(transaction->dnatd);
	}
	if (!transaction->ret && any)
		take_over(transaction);
	if (transaction->ret || !any || changes->passing) {
		end(transaction);
		return;
	}
	job->begin = NULL;
	job->work = release;
	job->done = released;
	worker_add_next(transaction->dnatd->worker, job);
}

void change_begin(struct dnatd *dnatd, struct transaction *transaction)
{
	transaction->dnatd = dnatd;
	transaction->job = (struct job){
		.what = transaction->changes.passing ?
			"taking backends out and back" : "a change",
		.begin = begin,
		.work = work,
		.done = worked,
	};
	worker_add(dnatd->worker, &transaction->job);
}
