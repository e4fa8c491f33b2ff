/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client's request that changes something: it becomes a transaction, and its
 * answer comes when that is over.  It is carried out though the client may have
 * gone by then.
 */
#ifndef DNAT_CHANGE_REQUEST_H
#define DNAT_CHANGE_REQUEST_H

#include <jansson.h>

#include "base/long_answer.h"
#include "control/access.h"
#include "engine/change.h"

struct change_request {
	struct transaction transaction;
	struct long_answer parts;	/* of the answer */
	struct peer peer;
	const char *op;
	json_t *args;
	json_t *result;		/* of the answer; where it failed, all errors or NULL */
	bool over, left;	/* the transaction is; the client has */

	/* @parse: sets @args, in a worker; NULL: they are there */
	int (*parse)(struct change_request *request, struct err *err);

	/* @plan: as the transaction's */
	int (*plan)(struct change_request *request, struct err *err);

	/* @changed: in the loop, where it has not failed: sets @result, logs */
	void (*changed)(struct change_request *request);

	/* @free: of what else is in the allocation, and that */
	void (*free)(struct change_request *request);
};

/* So many may wait, for who has left waits on: lines of 64 KiB, and long ones. */
#define REQUESTS_MAX 1024
#define REQUESTS_LONG_MAX 4

/* May one more wait, where @max do at most?  Return: 0 or -EBUSY */
int change_requests_check(const struct dnatd *dnatd, unsigned int max,
			  struct err *err);

/**
 * change_request_new - memory for a request, whose first member is the struct
 * @size: of all of it
 * @args: NULL: parse() is to be set
 *
 * Return: NULL with @err set
 */
void *change_request_new(size_t size, const char *op, const json_t *args,
			 struct err *err);

/* Begin it.  Return: its answer to be */
struct long_answer *change_request_begin(struct dnatd *dnatd,
					 struct change_request *request);

/* service.add, backend.set and so on; and vdport.set.  Return: as control_fn */
int change_service(struct dnatd *dnatd, const char *op, const json_t *args,
		   struct long_answer **parts, struct err *err);
int change_vdports(struct dnatd *dnatd, const char *op, const json_t *args,
		   struct long_answer **parts, struct err *err);

#endif
