/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections that ended before their backend had answered.  A backend that
 * has no route to the VIP can still answer checks from another address.
 */
#ifndef DNAT_UNANSWERED_H
#define DNAT_UNANSWERED_H

#include <jansson.h>

#include "engine/dnatd.h"
#include "module/counters.h"
#include "net/netlink.h"

/* What the module has counted, as it tells of it; all zeros at first. */
struct unanswered {
	enum {
		UNANSWERED_ASK,
		UNANSWERED_TAKE,
		UNANSWERED_SORT,
		UNANSWERED_KNOWN,
		UNANSWERED_UNKNOWN,	/* nothing counts, or it does not answer */
	} step;
	struct nl nl;
	struct counters counters;
};

/**
 * unanswered_more - ask the module, or take a datagram of its answer
 * @only: the service, NULL for all
 *
 * Return: whether there is more to do
 */
bool unanswered_more(struct unanswered *unanswered, const struct dnatd *dnatd,
		     const struct service *only);
void unanswered_clean(struct unanswered *unanswered);

/* As backend.show has it. */
json_t *unanswered_of(const struct unanswered *unanswered,
		      const struct service *service,
		      const struct backend *backend);

/*
 * Backends that pass their checks and do not answer, looked for in parts; all
 * zeros at first.
 */
struct silence {
	struct unanswered all;
	size_t next;		/* of the model's services */
	unsigned int n;
	char advice[512];
	json_t *check;		/* for status, of the last look; NULL: there was none */
};

/**
 * silence_step - make the next part of a look
 *
 * Where the module does not answer, what the last look found stays.
 *
 * Return: whether there is more to come
 */
bool silence_step(struct silence *silence, const struct dnatd *dnatd);
void silence_clean(struct silence *silence);

#endif
