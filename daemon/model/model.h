/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All services, and the rules that they obey together.  No I/O here.
 *
 * Services in a model are never changed in place.  A change is a pair of the
 * service before and the service after; whoever carries it out (store, nft,
 * link) sees both, and only when all have agreed does the model take it.
 */
#ifndef DNAT_MODEL_H
#define DNAT_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "model/service.h"
#include "model/types.h"

#define STATE_VERSION 1		/* of the state file and of config.apply */

struct model *model_new(void);
void model_free(struct model *model);
const struct service *model_find(const struct model *model, const char *name);

/* The first service behind @name in order, which need not be there; or n_services. */
size_t model_after(const struct model *model, const char *name);

/**
 * model_plan - turn a request into a change, or say why not
 * @model: as it is now; not touched
 * @op: "service.add", "service.set", "service.del", "backend.add",
 *	"backend.set" or "backend.del"
 * @args: the request's arguments, see control.h
 * @change: result; points into @model (old) and to a fresh service (new)
 * @err: the sentence on failure
 *
 * Return: 0, or -EINVAL, -EEXIST, -ENOENT, -E2BIG, -ENOMEM
 */
int model_plan(const struct model *model, const char *op, const json_t *args,
	       struct change *change, struct err *err);

/* Make @change part of @model; takes change->new over and frees change->old. */
void model_commit(struct model *model, struct change *change);

/*
 * Room for @more services: commit never has to allocate, and makes room for one
 * itself.
 *
 * Return: 0 or -ENOMEM
 */
int model_make_room(struct model *model, size_t more);

/* What model_make_room() would give, to be had while others read @model. */
struct model_room {
	size_t n;
	struct service **services;	/* NULL: there is enough */
};

/**
 * model_room_new - room for @more services, not yet in @model
 * @room: result, for model_room_take(), or its services to be freed
 *
 * Return: 0 or -ENOMEM
 */
int model_room_new(const struct model *model, size_t more,
		   struct model_room *room);
void model_room_take(struct model *model, struct model_room *room);

/**
 * model_hold - keep @model as it is now, whatever is committed to it
 *
 * One at a time is held; its services are those of @model.
 *
 * Return: the held one, until model_let_go(); NULL where memory is short
 */
const struct model *model_hold(struct model *model);
void model_let_go(struct model *model);

/* Drop a change that was not carried out. */
void change_drop(struct change *change);

/*
 * Order of services by what tells their connections apart: VIP, port, protocol.
 * Of two in one model none are equal.
 */
int service_compare(const struct service *a, const struct service *b);

/* May @service stand beside @other?  Return: 0, or -EEXIST with @err set */
int service_check_pair(const struct service *service,
		       const struct service *other, struct err *err);

/**
 * model_to_json - the state file's content
 *
 * Return: {"version": 1, "services": [...]}, with "vdports" where any of their
 *	settings was set; or NULL where memory is short
 */
json_t *model_to_json(const struct model *model);

/**
 * model_from_json - the state file's content to a model, all rules checked
 *
 * Return: the model, or NULL with @err set; @err->arg says where
 *	("services[3].backends[0].port").
 */
struct model *model_from_json(const json_t *root, struct err *err);

/**
 * typedef model_error_fn - take one of several errors
 * @err: as model_from_json() leaves it
 * @data: as given to model_read()
 */
typedef void model_error_fn(const struct err *err, void *data);

/**
 * model_read - the same, but tell of all that is wrong
 * @fn: called for each error, in no certain order
 * @data: for @fn
 *
 * Return: the model, or NULL where @fn was called
 */
struct model *model_read(const json_t *root, model_error_fn *fn, void *data);

#endif
