/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Find backends whose connections end without an answer.  A backend without a
 * route to the VIP can still pass its checks, which come from another address.
 */
#ifndef DNAT_UNANSWERED_H
#define DNAT_UNANSWERED_H

#include <jansson.h>

#include "engine/dnatd.h"
#include "model/walk.h"
#include "module/counters.h"
#include "net/netlink.h"

/* Reads the module's counters step by step; all zeros at first. */
struct unanswered {
	enum {
		UNANSWERED_READING,
		UNANSWERED_KNOWN,	/* done */
		UNANSWERED_UNKNOWN,	/* no module, or an error */
	} state;
	struct nl nl;
	struct counters counters;
};

/**
 * unanswered_more - do the next step, at most one datagram
 * @only: the only service to read, NULL for all; the same in each call
 *
 * Return: whether there is more to do
 */
bool unanswered_more(struct unanswered *unanswered, const struct dnatd *dnatd,
		     const struct service *only);
void unanswered_clean(struct unanswered *unanswered);

/* The member unanswered of backend.show (control.h), a new reference. */
json_t *unanswered_of(const struct unanswered *unanswered,
		      const struct service *service,
		      const struct backend *backend);

/*
 * A search, in parts, for backends that pass their checks but do not answer
 * clients; all zeros at first.
 */
struct silence {
	struct unanswered all;
	const struct dnatd *dnatd;
	struct service_walk walk;
	unsigned int n;		/* backends found */
	char advice[512];
	json_t *check;		/* last result, for status; NULL: none yet */
};

/**
 * silence_step - do the next part of the search
 *
 * If the counters cannot be read, the last result stays.
 *
 * Return: whether there is more to do; after false the next call starts anew
 */
bool silence_step(struct silence *silence, const struct dnatd *dnatd);
void silence_clean(struct silence *silence);

#endif
