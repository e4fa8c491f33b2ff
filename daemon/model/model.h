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

#include "common/addr.h"
#include "common/err.h"
#include "model/check.h"
#include "model/vdports.h"

#define STATE_VERSION 1		/* of the state file and of config.apply */

enum mode {
	MODE_DOUBLE_NAT,
};

enum scheduler {
	SCHEDULER_RR,
	SCHEDULER_WRR,
};

/* What the admin wants of a backend. */
enum backend_state {
	BACKEND_UP,
	BACKEND_DRAIN,		/* no new connections */
	BACKEND_REMOVE,		/* the same, and it goes with the last of them */
};

/* What becomes of a backend's connections when it goes down. */
enum on_down {
	ON_DOWN_KEEP,
	ON_DOWN_RESET,
};

/* What a client gets while no backend serves. */
enum when_empty {
	EMPTY_REJECT,
	EMPTY_DROP,
	EMPTY_BACKUP,		/* a backup backend, or a reject */
};

struct backend {
	struct addr addr;
	uint16_t port;		/* host byte order */
	unsigned int weight;	/* 0..WEIGHT_MAX, 0: no new connections */
	enum backend_state state;
	unsigned int deadline;	/* of a drain: so long may it take, milliseconds */
	int64_t until;		/* its end, milliseconds since 1970; 0: none */
	bool backup;		/* serves while no other does */
	struct addr check_addr;	/* family 0: addr */
	uint16_t check_port;	/* host byte order, 0: port */
	bool down;		/* found so by checks; not kept in a file */
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
	struct check check;
	enum on_down on_down;
	enum when_empty when_empty;
	size_t n_backends;
	struct backend *backends;	/* in the order of adding */
};

struct model {
	size_t n_services;
	struct service **services;	/* sorted by name */
	size_t room;		/* in services; commit never has to allocate */
	struct vdports vdports;
	struct model *held;	/* as it was at model_hold(), or NULL */
};

/* @old NULL: a new service.  @new NULL: the service goes. */
struct change {
	const struct service *old;
	struct service *new;
};

/* What changes together, of one service each, or not at all. */
struct changes {
	size_t n;
	struct change *list;
	const struct vdports *vdports;	/* as they shall be, NULL: as they are */
	bool passing;		/* backends go up or down: nothing to write down */
};

struct model *model_new(void);
void model_free(struct model *model);
void service_free(struct service *service);
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

/*
 * A service as control.h describes it, and a backend of it, with the service's
 * name unless @name is NULL.  NULL where memory is short.
 */
json_t *service_to_json(const struct service *service);
json_t *backend_to_json(const struct backend *backend, const char *name);

/* As an entry of the state file, which also says when drains began to end. */
json_t *service_to_state(const struct service *service);

/* The weight that new connections go by: 0 for none. */
unsigned int backend_weight(const struct backend *backend);

/**
 * backend_left - how long its connections have yet
 * @now: milliseconds since 1970
 * @left: result, milliseconds; no more than the deadline gave, whatever has
 *	become of the clock
 *
 * Return: false where there is no deadline
 */
bool backend_left(const struct backend *backend, int64_t now,
		  unsigned int *left);

/* Milliseconds since 1970. */
int64_t model_now(void);

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

const char *scheduler_text(enum scheduler scheduler);
const char *mode_text(enum mode mode);

#endif
