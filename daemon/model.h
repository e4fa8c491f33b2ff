/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Services and backends as the admin asked for them: plain data and the rules
 * that they obey.  No I/O here.
 *
 * Services in a model are never changed in place.  A change is a pair of the
 * service before and the service after; whoever carries it out (store, nft,
 * link) sees both, and only when all have agreed does the model take it.
 */
#ifndef DNAT_MODEL_H
#define DNAT_MODEL_H

#include <jansson.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "err.h"
#include "vdports.h"

#define BACKENDS_MAX 1024	/* in one service */
#define SLOTS_MAX 16384		/* in one service's map, see ruleset.h */

enum mode {
	MODE_DOUBLE_NAT,
};

enum scheduler {
	SCHED_RR,
	SCHED_WRR,
};

struct backend {
	struct addr addr;
	uint16_t port;		/* host byte order */
	unsigned int weight;	/* 0..WEIGHT_MAX, 0: no new connections */
};

struct service {
	char name[SERVICE_NAME_LEN + 1];
	struct addr vip;
	uint16_t port;		/* host byte order */
	uint8_t proto;		/* IPPROTO_TCP or IPPROTO_UDP */
	enum mode mode;
	enum scheduler scheduler;
	char dev[IFNAMSIZ];	/* where dnatd puts the VIP, "" for nowhere */
	bool fast;		/* the module forwards its packets itself */
	size_t n_backends;
	struct backend *backends;	/* in the order of adding */
};

struct model {
	size_t n_services;
	struct service **services;	/* sorted by name */
	size_t room;		/* in services; commit never has to allocate */
	struct vdports vdports;
};

/* @old NULL: a new service.  @new NULL: the service goes. */
struct change {
	const struct service *old;
	struct service *new;
};

struct model *model_new(void);
void model_free(struct model *model);
void service_free(struct service *service);
const struct service *model_find(const struct model *model, const char *name);

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

/* Drop a change that was not carried out. */
void change_drop(struct change *change);

/**
 * model_to_json - the state file's content
 * @change: taken as made already, NULL for none
 *
 * Return: {"version": 1, "services": [...]}, with "vdports" where any of their
 *	settings was set; or NULL where memory is short
 */
json_t *model_to_json(const struct model *model, const struct change *change);

/*
 * A service as control.h describes it, and a backend of it, with the service's
 * name unless @name is NULL.  NULL where memory is short.
 */
json_t *service_to_json(const struct service *service);
json_t *backend_to_json(const struct backend *backend, const char *name);

/**
 * model_from_json - the state file's content to a model, all rules checked
 *
 * Return: the model, or NULL with @err set; @err->arg says where
 *	("services[3].backends[0].port").
 */
struct model *model_from_json(const json_t *root, struct err *err);

const char *scheduler_text(enum scheduler scheduler);
const char *mode_text(enum mode mode);

#endif
