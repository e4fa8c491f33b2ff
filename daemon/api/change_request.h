/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client's request that changes something.  It becomes a transaction and is
 * answered when that has ended.  It is carried out even if the client has
 * disconnected.
 */
#ifndef DNAT_CHANGE_REQUEST_H
#define DNAT_CHANGE_REQUEST_H

#include <jansson.h>

#include "base/long_answer.h"
#include "control/access.h"
#include "engine/change.h"

struct change_request {
	struct transaction transaction;
	struct long_answer parts;	/* the answer */
	struct peer peer;
	const char *op;
	json_t *args;
	json_t *result;		/* the answer; on error all errors, or NULL */
	bool over, left;	/* transaction ended; client disconnected */

	/* @parse: set @args; called in a worker; NULL if they are set */
	int (*parse)(struct change_request *request, struct err *err);

	/* @plan: as transaction.plan */
	int (*plan)(struct change_request *request, struct err *err);

	/* @changed: after success: set @result and log; called in the loop */
	void (*changed)(struct change_request *request);

	/* @free: free the other members of the allocation, and itself */
	void (*free)(struct change_request *request);
};

/*
 * Requests that may wait: of up to 64 KiB, and long ones.  The number of
 * clients is no limit, because requests of disconnected clients wait, too.
 */
#define REQUESTS_MAX 1024
#define REQUESTS_LONG_MAX 4

/* Return: 0, or -EBUSY with @err set if @max or more transactions wait */
int change_requests_check(const struct dnatd *dnatd, unsigned int max,
			  struct err *err);

/**
 * change_request_new - allocate a struct that begins with a change_request
 * @size: bytes of the struct
 * @op: a string constant
 * @args: of the request, gets a new reference; NULL: the caller sets parse()
 *
 * Return: zeroed memory, freed by its free(); NULL with @err set
 */
void *change_request_new(size_t size, const char *op, const json_t *args,
			 struct err *err);

/* Begin the transaction of dnatd->peer.  Return: the answer in parts */
struct long_answer *change_request_begin(struct dnatd *dnatd,
					 struct change_request *request);

/* service.add, backend.set and so on; and vdport.set.  Return: as control_fn */
int change_service(struct dnatd *dnatd, const char *op, const json_t *args,
		   struct long_answer **parts, struct err *err);
int change_vdports(struct dnatd *dnatd, const char *op, const json_t *args,
		   struct long_answer **parts, struct err *err);

#endif
