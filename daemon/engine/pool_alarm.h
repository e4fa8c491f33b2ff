/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pools of vdports that run short.  They are looked at once a second while
 * somebody listens (the event "pool" of control.h), and else when the module has
 * refused a connection, until that is over: log, status and backend show report
 * it.
 */
#ifndef DNAT_POOL_ALARM_H
#define DNAT_POOL_ALARM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "model/types.h"

struct dnatd;
struct pool_alarm;

/* Percent of a pool's ports in use by open connections. */
#define POOL_NEARLY_FULL 90	/* from here on it is told */
#define POOL_RECOVERED 80	/* and below here that it is over */

enum pool_level {
	POOL_FINE,
	POOL_SHORT,		/* nearly full */
	POOL_EXHAUSTED,		/* has refused a connection since it was fine */
};

/**
 * pool_alarm_level - what a pool's figures make of it
 * @was: what it was up to now
 * @open: connections in it that are open
 * @capacity: its ports
 * @refused: it has refused a connection since it was judged last
 *
 * It gets better in one step only: who is told that it has recovered need not
 * look for what comes next.
 */
enum pool_level pool_alarm_level(enum pool_level was, uint64_t open,
				 uint64_t capacity, bool refused);

/**
 * pool_alarm_new - begin to look
 * @dnatd: with its base, and with its kmod where there is one
 *
 * Return: NULL with @err set where memory is short
 */
struct pool_alarm *pool_alarm_new(struct dnatd *dnatd, struct err *err);
void pool_alarm_free(struct pool_alarm *pools);

/* How many refuse connections.  @pools: NULL: nobody looks at them yet */
size_t pool_alarm_refusing(const struct pool_alarm *pools);

/**
 * pool_alarm_last - what was refused in the last minutes
 * @text: which pool refused a connection last, and when
 *
 * Return: false where nothing was refused for POOL_LATELY_S seconds
 */
bool pool_alarm_last(const struct pool_alarm *pools, char *text, size_t len);

/**
 * pool_alarm_to_json - add to a backend that its pool refuses connections
 * @json: the backend as control.h describes it, with what checks say of it:
 *	their fault comes first, for such a backend gets no connections
 *
 * Return: 0 or -1
 */
int pool_alarm_to_json(const struct pool_alarm *pools,
		       const struct service *service,
		       const struct backend *backend, json_t *json);

#define POOL_LATELY_S 600

#endif
