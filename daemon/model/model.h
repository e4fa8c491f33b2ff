/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The set of all services, and the rules between services.  No I/O here.
 *
 * Services in a model are never changed in place.  A change is a pair: the old
 * service and the new one.  Store, nft and link carry it out first, and only
 * when all have succeeded is it committed to the model.
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

/* The number of backends of all services. */
size_t model_backends(const struct model *model);

/* Whether a service has its VIP on interface @dev. */
bool model_has_dev(const struct model *model, const char *dev);

/*
 * Index of the first service whose name is greater than @name, or n_services.
 */
size_t model_after(const struct model *model, const char *name);

/**
 * model_plan - turn a request into a change
 * @model: the present model; not changed
 * @op: "service.add", "service.set", "service.del", "backend.add",
 *	"backend.set" or "backend.del"
 * @args: the request's arguments, see control.h
 * @change: result; change->old belongs to @model, change->new to the caller
 * @err: set on failure
 *
 * Return: 0, or -EINVAL, -EEXIST, -ENOENT, -E2BIG, -ENOMEM
 */
int model_plan(const struct model *model, const char *op, const json_t *args,
	       struct change *change, struct err *err);

/* Apply @change to @model.  Takes over change->new and frees change->old. */
void model_commit(struct model *model, struct change *change);

/*
 * Make room for @more new services.  model_commit() cannot fail, so room for
 * the services that it adds must be made before.  It makes room for one more.
 *
 * Return: 0 or -ENOMEM
 */
int model_make_room(struct model *model, size_t more);

/*
 * A larger array for model_make_room() in two steps: it is allocated while
 * others read @model, and taken when they do not.
 */
struct model_room {
	size_t n;			/* services that fit */
	struct service **services;	/* NULL: @model has enough room */
};

/**
 * model_room_new - allocate room for @more new services
 * @model: not changed
 * @room: result; pass it to model_room_take(), or free room->services
 *
 * Return: 0 or -ENOMEM
 */
int model_room_new(const struct model *model, size_t more,
		   struct model_room *room);
void model_room_take(struct model *model, struct model_room *room);

/**
 * model_hold - take a snapshot of @model
 *
 * Later commits do not change the snapshot.  It shares its services with
 * @model, so they are not copied.  A model has one snapshot at most.
 *
 * Return: the snapshot, valid until model_let_go(); NULL: no memory
 */
const struct model *model_hold(struct model *model);
void model_let_go(struct model *model);

/* Free a change that was not committed. */
void change_drop(struct change *change);

/* Compare VIP, port and protocol.  No two services of a model are equal. */
int service_compare(const struct service *a, const struct service *b);

/* Whether both can be in one model.  Return: 0, or -EEXIST with @err set */
int service_check_pair(const struct service *service,
		       const struct service *other, struct err *err);

/**
 * model_to_json - the state file's content
 *
 * Return: {"version": 1, "services": [...]}, with "vdports" if one of their
 *	settings is set; NULL: no memory
 */
json_t *model_to_json(const struct model *model);

/**
 * model_from_json - make a model from the state file's content
 *
 * All rules are checked.
 *
 * Return: the model, or NULL with @err set; err->arg is the path of the first
 *	error found, such as "services[3].backends[0].port"
 */
struct model *model_from_json(const json_t *root, struct err *err);

/**
 * typedef model_error_fn - handle one of several errors
 * @err: the error, with @err->arg as in model_from_json()
 * @data: from model_read()
 */
typedef void model_error_fn(const struct err *err, void *data);

/**
 * model_read - model_from_json() that reports all errors
 * @fn: called for each error, in no particular order
 * @data: for @fn
 *
 * Return: the model; NULL if there was an error
 */
struct model *model_read(const json_t *root, model_error_fn *fn, void *data);

#endif
