/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Report pools of vdports that run short, as event "pool" (control.h), in the
 * log, in status and in backend show.  All pools are read once a second while a
 * client monitors.  Otherwise they are read only after the module has refused a
 * connection, until the pools have recovered.
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

/* Percentages of a pool's ports that open connections use. */
#define POOL_NEARLY_FULL 90	/* reported from here on */
#define POOL_RECOVERED 80	/* reported as recovered below */

enum pool_level {
	POOL_FINE,
	POOL_SHORT,		/* nearly full */
	POOL_EXHAUSTED,		/* refused a connection since POOL_FINE */
};

/**
 * pool_alarm_level - compute the level of a pool
 * @was: the level until now
 * @open: number of open connections in it
 * @capacity: number of its ports
 * @refused: whether it refused a connection since the last call
 *
 * A level never falls to POOL_SHORT, only to POOL_FINE: after "recovered" there
 * is no further event to wait for.
 *
 * Return: the new level
 */
enum pool_level pool_alarm_level(enum pool_level was, uint64_t open,
				 uint64_t capacity, bool refused);

/**
 * pool_alarm_new - begin to watch the pools
 * @dnatd: with base set, and kmod if there is a module
 *
 * Return: freed with pool_alarm_free(); NULL with @err set when out of memory
 */
struct pool_alarm *pool_alarm_new(struct dnatd *dnatd, struct err *err);
void pool_alarm_free(struct pool_alarm *pools);

/* The number of pools at POOL_EXHAUSTED.  @pools may be NULL. */
size_t pool_alarm_refusing(const struct pool_alarm *pools);

/**
 * pool_alarm_last - describe the last refusal
 * @text: result: the pool, and the seconds since it refused a connection
 * @len: size of @text
 *
 * Return: false if no pool refused a connection in the last POOL_LATELY_S
 *	seconds
 */
bool pool_alarm_last(const struct pool_alarm *pools, char *text, size_t len);

/**
 * pool_alarm_to_json - set a backend's health_fault if its pool is exhausted
 * @json: the backend as control.h describes it, after health_to_json().  A
 *	fault of the checks is kept: such a backend gets no connections
 *
 * Return: 0 or -1
 */
int pool_alarm_to_json(const struct pool_alarm *pools,
		       const struct service *service,
		       const struct backend *backend, json_t *json);

#define POOL_LATELY_S 600

#endif
