/* SPDX-License-Identifier: GPL-2.0-only */
/* Who changed what, in the log. */
#ifndef DNAT_AUDIT_H
#define DNAT_AUDIT_H

#include <jansson.h>
#include <stdint.h>

#include "model/types.h"

struct dnatd;

/* So many lines a period; journald drops lines of all kinds above 10,000. */
#define AUDIT_LINES 1000
#ifndef AUDIT_PERIOD_MS
#define AUDIT_PERIOD_MS 30000
#endif

/**
 * audit_request - log a request that was carried out, as dnatctl's command
 * @dnatd: dnatd->peer is whose it was
 * @op: the operation
 * @args: its arguments
 */
void audit_request(struct dnatd *dnatd, const char *op, const json_t *args);

/* Tell those who monitor of it. */
void audit_event(struct dnatd *dnatd, const char *op, const json_t *args);

/* What goes where a configuration takes the place of another. */
struct summary {
	size_t added, changed, removed;	/* services */
	size_t backends;		/* removed from services that stay */
	size_t n;
	char **lines;		/* of what is removed, SUMMARY_LINES at most */
};

#define SUMMARY_LINES 100

/**
 * summary_add - take one service into account
 * @old: NULL: it is new
 * @new: NULL: it goes
 */
void summary_add(struct summary *sum, const struct service *old,
	      const struct service *new);

/**
 * audit_summary - log it: a summary, and a line for each that was removed
 * @fmt: the begin of the summary
 */
void audit_summary(const struct summary *sum, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void summary_clean(struct summary *sum);

/* "uid 0 pid 4711", who asks; for the begin of a line. */
const char *audit_peer(const struct dnatd *dnatd, char *buf, size_t len);

#endif
