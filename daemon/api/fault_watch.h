/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What status calls wrong, looked at all the time: log, monitor and metrics
 * tell of a fault that comes or goes.
 */
#ifndef DNAT_FAULT_WATCH_H
#define DNAT_FAULT_WATCH_H

#include <jansson.h>

#include "common/err.h"

struct dnatd;
struct fault_watch;

/**
 * fault_watch_new - begin to look
 * @dnatd: with its base
 *
 * The kernel reports a change of forwarding at once; for all else there is a
 * look every FAULT_WATCH_S seconds.
 *
 * Return: NULL with @err set
 */
struct fault_watch *fault_watch_new(struct dnatd *dnatd, struct err *err);
void fault_watch_free(struct fault_watch *watch);

/**
 * fault_watch_last - what the last complete look found
 * @watch: NULL: nobody has looked
 *
 * Return: checks as in control.h's status, valid until the loop goes on; NULL
 *	where there was no look yet
 */
const json_t *fault_watch_last(const struct fault_watch *watch);

/* Backends that do not answer, as status tells of them; NULL as above. */
json_t *fault_watch_silence(const struct fault_watch *watch);

#define FAULT_WATCH_S 10

#endif
