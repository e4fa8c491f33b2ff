// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn/conn_set.h"
#include "engine/change.h"
#include "engine/conns_end.h"
#include "engine/dnatd.h"
#include "engine/follow.h"
#include "engine/forget.h"
#include "engine/repair_budget.h"
#include "engine/module_sync.h"
#include "engine/vdports_sync.h"
#include "model/model.h"
#include "model/service.h"
#include "net/link.h"
#include "nft/nft.h"
#include "store/store.h"

/*
 * Services whose followers are called in the turn that changes the model.  The
 * rest are followed in later turns, because a turn must not last long.
 */
#define FOLLOW_NOW 64

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

/* A list of VIPs on interfaces; @list is NULL when out of memory. */
struct vips {
	size_t n;
	struct vip *list;
};

static void vips_add(struct vips *vips, const struct service *service)
{
	if (service->dev[0])
		vips->list[vips->n++] = (struct vip){ service->vip,
						      service->dev };
}

static struct vips side_vips(const struct side *side)
{
	struct vips vips = { .list = calloc(side->n + 1, sizeof(struct vip)) };

	for (size_t i = 0; vips.list && i < side->n; i++)
		vips_add(&vips, &side->list[i]);
	return vips;
}

static struct vips model_vips(const struct model *model)
{
	struct vips vips = { .list = calloc(model->n_services + 1,
					    sizeof(struct vip)) };

	for (size_t i = 0; vips.list && i < model->n_services; i++)
		vips_add(&vips, model->services[i]);
	return vips;
}

/* Call @fn for those of @some that @others lack.  Frees both lists. */
static int vips_apart(struct vips some, struct vips others,
		      int (*fn)(const struct vip *vips, size_t n,
				struct err *err),
		      struct err *err)
{
	size_t n = 0;
	int ret;

	if (others.n)
		qsort(others.list, others.n, sizeof(struct vip), compare_vips);
	for (size_t i = 0; others.list && i < some.n; i++)
		if (!bsearch(&some.list[i], others.list, others.n,
			     sizeof(struct vip), compare_vips))
			some.list[n++] = some.list[i];
	ret = some.list && others.list ? fn(some.list, n, err) :
					 err_no_memory(err);
	free(some.list);
	free(others.list);
	return ret;
}

/*
 * Call @fn for the VIPs of @new that @old does not have on the same interface.
 * The interface of an old VIP may be missing now.  That must not prevent a
 * change of something else.
 */
static int vips_new(const struct side *old, const struct side *new,
		    int (*fn)(const struct vip *vips, size_t n,
			      struct err *err),
		    struct err *err)
{
	return vips_apart(side_vips(new), side_vips(old), fn, err);
}

/*
 * Remove from their interfaces the VIPs of @side that @model does not need.
 * Errors are ignored: a VIP that stays does no harm and is removed at the next
 * start.
 */
static void vips_release(const struct model *model, const struct side *side)
{
	vips_apart(side_vips(side), model_vips(model), link_vips_del, NULL);
}

/* Delete from the module the ports that @side has and @other has not. */
static void ports_release(struct dnatd *dnatd, const struct side *side,
			  const struct side *other)
{
	for (size_t i = 0; i < side->n; i++)
		if (!side_has(other, &side->list[i]))
			module_sync_del(dnatd, &side->list[i]);
}

static int ports_reserve(struct dnatd *dnatd, const struct side *old,
			 const struct side *new, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < new->n; i++)
		if (!side_has(old, &new->list[i]))
			ret = module_sync_add(dnatd, &new->list[i], err);
	return ret;
}

/*
 * Another program may have deleted or changed the table, and then the change
 * fails.  In that case repair the table first and try again.
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
	/* The module may have been reloaded, too. */
	ret = module_sync_start(dnatd, err);
	if (ret)
		return ret;
	return nft_change(dnatd->nft, dnatd->in_force, dnatd->model, changes,
			  err);
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

/* Change the kernel; undo the steps before the one that fails. */
static int carry_out(struct transaction *transaction, struct err *err)
{
	const struct changes *changes = &transaction->changes;
	const struct side *old = &transaction->old, *new = &transaction->new;
	struct dnatd *dnatd = transaction->dnatd;
	struct vdports was;
	int ret;

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
	if (!ret)
		return 0;

	if (changes->vdports)
		vdports_back(dnatd, &was);
undo_ports:
	ports_release(dnatd, new, old);
undo_vips:
	vips_release(dnatd->model, new);
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

static void next(struct dnatd *dnatd);

static void end(struct transaction *transaction)
{
	struct dnatd *dnatd = transaction->dnatd;
	bool passing = transaction->changes.passing;

	conn_set_clean(&transaction->gone);
	free(transaction->old.list);
	free(transaction->new.list);
	free(transaction->room.services);
	if (!passing) {
		TAILQ_REMOVE(&dnatd->transactions, transaction, entry);
		dnatd->n_transactions--;
	}
	transaction->done(transaction);
	if (!passing)
		next(dnatd);
}

static void stage(struct transaction *transaction, struct worker *worker,
		  void (*begin)(struct job *job), void (*work)(struct job *job),
		  void (*done)(struct job *job))
{
	transaction->job.begin = begin;
	transaction->job.work = work;
	transaction->job.done = done;
	worker_add(worker, &transaction->job);
}

static void hold(struct job *job)
{
	struct transaction *transaction = (struct transaction *)job;

	transaction->model = model_hold(transaction->dnatd->model);
	if (!transaction->model)
		transaction->ret = err_no_memory(&transaction->err);
}

/* Is a service new?  Clients may have sent packets before it existed. */
static bool is_new(const struct side *old, const struct side *new)
{
	for (size_t i = 0; i < new->n; i++)
		if (!side_has(old, &new->list[i]))
			return true;
	return false;
}

static void tell_change(struct dnatd *dnatd, const struct change *change)
{
	struct follower *follower;

	LIST_FOREACH(follower, &dnatd->followers, entry)
		if (follower->change)
			follower->change(follower->data, change);
}

static void tell_later(struct dnatd *dnatd, const char *name)
{
	struct follower *follower;

	LIST_FOREACH(follower, &dnatd->followers, entry)
		if (follower->change_later)
			follower->change_later(follower->data, name);
}

static void tell_done(struct dnatd *dnatd)
{
	struct follower *follower;

	LIST_FOREACH(follower, &dnatd->followers, entry)
		if (follower->done)
			follower->done(follower->data);
}

static void take_over(struct transaction *transaction)
{
	struct dnatd *dnatd = transaction->dnatd;
	struct changes *changes = &transaction->changes;

	model_room_take(dnatd->model, &transaction->room);
	for (size_t i = 0; i < changes->n; i++) {
		struct change *change = &changes->list[i];
		const struct service *any = change->new ? change->new :
							  change->old;
		char name[sizeof(any->name)];

		memcpy(name, any->name, sizeof(name));
		if (!changes->passing && i < FOLLOW_NOW)
			tell_change(dnatd, change);
		model_commit(dnatd->model, change);
		if (!changes->passing && i >= FOLLOW_NOW)
			tell_later(dnatd, name);
	}
	if (changes->vdports)
		dnatd->model->vdports = *changes->vdports;
	if (!changes->passing)
		dnatd->changes++;
	for (size_t i = 0; i < transaction->gone.n; i++)
		conns_forget(dnatd, &transaction->gone.list[i]);
	if (is_new(&transaction->old, &transaction->new))
		conns_end_early(dnatd);
	tell_done(dnatd);
}

static void add_cause(struct err *err, const struct err *second)
{
	char cause[sizeof(err->msg)];

	memcpy(cause, err->msg, sizeof(cause));
	snprintf(err->msg, sizeof(err->msg),
		 "%.200s; and it is in the state file until the next change: %.200s",
		 cause, second->msg);
}

static void hold_again(struct job *job)
{
	struct transaction *transaction = (struct transaction *)job;

	transaction->model = model_hold(transaction->dnatd->model);
}

/* Complete the change in the state file, or undo it there after an error. */
static void settle(struct job *job)
{
	struct transaction *transaction = (struct transaction *)job;
	struct store *store = transaction->dnatd->store;
	struct err err;

	if (!transaction->ret && transaction->model)
		store_settle(store, transaction->model);
	else if (transaction->ret && store_undo(store, &err))
		add_cause(&transaction->err, &err);
}

static void settled(struct job *job)
{
	struct transaction *transaction = (struct transaction *)job;

	model_let_go(transaction->dnatd->model);
	end(transaction);
}

/* Remove VIPs and ports that the new model does not need. */
static void release(struct job *job)
{
	struct transaction *transaction = (struct transaction *)job;
	struct dnatd *dnatd = transaction->dnatd;

	vips_release(dnatd->model, &transaction->old);
	ports_release(dnatd, &transaction->old, &transaction->new);
}

static void released(struct job *job)
{
	struct transaction *transaction = (struct transaction *)job;

	stage(transaction, transaction->dnatd->disk, hold_again, settle,
	      settled);
}

static void apply(struct job *job)
{
	struct transaction *transaction = (struct transaction *)job;
	struct err *err = &transaction->err;

	if (transaction->ret || !changes_any(&transaction->changes))
		return;
	transaction->ret = prepare(transaction) ? err_no_memory(err) :
						  carry_out(transaction, err);
}

static void applied(struct job *job)
{
	struct transaction *transaction = (struct transaction *)job;
	struct dnatd *dnatd = transaction->dnatd;

	jobs_follow(dnatd);
	if (transaction->repaired) {
		repairs_tell(dnatd, "rules");
		conns_end_early(dnatd);
	}
	if (!transaction->ret)
		take_over(transaction);
	if (transaction->changes.passing) {
		end(transaction);
		return;
	}
	model_let_go(dnatd->model);
	if (transaction->ret)
		stage(transaction, dnatd->disk, NULL, settle, settled);
	else
		stage(transaction, dnatd->worker, NULL, release, released);
}

/* Copy what checks found to @new while the change was written to the disk. */
static void follow_checks(const struct service *was, const struct service *is,
			  struct service *new)
{
	for (size_t i = 0; i < is->n_backends; i++) {
		const struct backend *backend = &is->backends[i];
		size_t at;

		if (backend->down == was->backends[i].down)
			continue;
		at = service_find_backend(new, &backend->addr, backend->port);
		if (at < new->n_backends)
			new->backends[at].down = backend->down;
	}
}

/* The model may have changed since the change was planned: update @changes. */
static void refresh(struct job *job)
{
	struct transaction *transaction = (struct transaction *)job;
	const struct changes *changes = &transaction->changes;

	for (size_t i = 0; i < changes->n; i++) {
		struct change *change = &changes->list[i];
		const struct service *was = change->old;

		if (!was)
			continue;
		change->old = model_find(transaction->dnatd->model, was->name);
		if (change->new && change->new->check.type != CHECK_NONE)
			follow_checks(was, change->old, change->new);
	}
}

static void write_down(struct job *job)
{
	struct transaction *transaction = (struct transaction *)job;
	struct err *err = &transaction->err;

	if (!transaction->ret)
		transaction->ret = transaction->plan(transaction, err);
	if (!transaction->ret && changes_any(&transaction->changes))
		transaction->ret = store_add(transaction->dnatd->store,
					     transaction->model,
					     &transaction->changes, err);
}

static void written(struct job *job)
{
	struct transaction *transaction = (struct transaction *)job;
	struct dnatd *dnatd = transaction->dnatd;

	if (!transaction->ret && changes_any(&transaction->changes)) {
		stage(transaction, dnatd->worker, refresh, apply, applied);
		return;
	}
	model_let_go(dnatd->model);
	end(transaction);
}

static void next(struct dnatd *dnatd)
{
	struct transaction *first = TAILQ_FIRST(&dnatd->transactions);

	if (first)
		stage(first, dnatd->disk, hold, write_down, written);
}

static void begin(struct job *job)
{
	struct transaction *transaction = (struct transaction *)job;

	transaction->begin(transaction);
}

void change_begin(struct dnatd *dnatd, struct transaction *transaction)
{
	transaction->dnatd = dnatd;
	transaction->job.what = "a change";
	if (transaction->changes.passing) {
		transaction->job.what = "taking backends out and back";
		stage(transaction, dnatd->worker, begin, apply, applied);
		return;
	}
	TAILQ_INSERT_TAIL(&dnatd->transactions, transaction, entry);
	dnatd->n_transactions++;
	if (transaction == TAILQ_FIRST(&dnatd->transactions))
		next(dnatd);
}

void changes_finish(struct dnatd *dnatd)
{
	do {
		worker_finish(dnatd->disk);
		worker_finish(dnatd->worker);
	} while (!TAILQ_EMPTY(&dnatd->transactions));
}
