/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run the checks of status again and again.  A fault that begins or ends is
 * logged, sent to clients that monitor, and visible in the metrics.
 */
#ifndef DNAT_FAULT_WATCH_H
#define DNAT_FAULT_WATCH_H

#include <jansson.h>

#include "common/err.h"

struct dnatd;
struct fault_watch;

/**
 * fault_watch_new - begin to watch
 * @dnatd: with base set
 *
 * The checks run every FAULT_WATCH_S seconds, and at once when the kernel
 * reports a change of forwarding.
 *
 * Return: freed with fault_watch_free(); NULL with @err set on error
 */
struct fault_watch *fault_watch_new(struct dnatd *dnatd, struct err *err);
void fault_watch_free(struct fault_watch *watch);

/**
 * fault_watch_last - the results of the last complete run
 * @watch: may be NULL
 *
 * Return: the member checks of status (control.h), valid until the end of this
 *	turn of the loop; NULL before the first run has ended
 */
const json_t *fault_watch_last(const struct fault_watch *watch);

/* The entry of checks about backends that do not answer; NULL as above. */
json_t *fault_watch_silence(const struct fault_watch *watch);

#define FAULT_WATCH_S 10

#endif
