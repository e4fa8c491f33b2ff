/* SPDX-License-Identifier: GPL-2.0-only */
/* Log who changed what. */
#ifndef DNAT_AUDIT_H
#define DNAT_AUDIT_H

#include <jansson.h>
#include <stdint.h>

#include "model/types.h"

struct dnatd;

/* Lines logged per period.  Above 10,000, journald drops any of dnatd's. */
#define AUDIT_LINES 1000
#ifndef AUDIT_PERIOD_MS
#define AUDIT_PERIOD_MS 30000
#endif

/**
 * audit_request - log a request that was carried out, as a command of dnatctl
 * @dnatd: dnatd->peer is the client that sent it
 * @op: the operation
 * @args: its arguments
 */
void audit_request(struct dnatd *dnatd, const char *op, const json_t *args);

/* Send the event "change" to the clients that monitor. */
void audit_event(struct dnatd *dnatd, const char *op, const json_t *args);

#define SUMMARY_LINES 100

/* The differences between a configuration and the one that replaces it. */
struct summary {
	size_t added, changed, removed;	/* services */
	size_t backends;		/* removed from services that stay */
	size_t n;
	char *lines[SUMMARY_LINES];	/* the first @n removals */
};

/**
 * summary_add - add one service to the summary
 * @old: before; NULL for a new service
 * @new: after; NULL for a removed service
 */
void summary_add(struct summary *sum, const struct service *old,
	      const struct service *new);

/**
 * audit_summary - log the numbers, and a line for each removal
 * @fmt: the text before the numbers
 */
void audit_summary(const struct summary *sum, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void summary_clean(struct summary *sum);

/* Write the current client to @buf, as "uid 0 pid 4711".  Return: @buf */
const char *audit_peer(const struct dnatd *dnatd, char *buf, size_t len);

#endif
