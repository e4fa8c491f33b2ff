/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections that are ended: a part of them in each turn of the event loop,
 * for there may be a million.
 *
 * With the module both ends of each TCP connection are sent a reset.  Without
 * it conntrack forgets them: the next packet finds no connection, and so goes
 * to another backend, which answers TCP with a reset.
 */
#ifndef DNAT_CONNS_END_H
#define DNAT_CONNS_END_H

#include <stdint.h>

#include "base/long_answer.h"
#include "common/err.h"
#include "conn/conn.h"
#include "conn/conn_set.h"
#include "conn/end_walk.h"

struct dnatd;

/**
 * typedef end_fn - take word that all is done
 * @ended: how many connections were ended
 * @err: why no more of them were, or NULL
 * @data: as given to conns_end()
 */
typedef void end_fn(uint64_t ended, const struct err *err, void *data);

/**
 * conns_end - end connections, later
 * @dnatd: whose event loop does it, and whose allocator is in force
 * @filter: which; copied
 * @fn: called once, not before this has returned; or NULL
 * @data: for @fn
 *
 * A few are at work at a time, and the others wait for them.
 *
 * Return: 0, or -ENOMEM with @err set and @fn never called
 */
int conns_end(struct dnatd *dnatd, const struct conn_filter *filter,
	      end_fn *fn, void *data, struct err *err);

/**
 * conns_end_set - have conntrack forget connections, later
 * @set: which; sorted, taken over
 *
 * Return: 0 or -ENOMEM
 */
int conns_end_set(struct dnatd *dnatd, struct conn_set *set);

/**
 * conns_end_astray - have conntrack forget flows that the rules came too late for
 * @dnatd: its rules are there now; all services of its model are looked at
 *
 * Later, and once for all that ask until then.  What cannot be ended now ends
 * when it is idle.
 */
void conns_end_astray(struct dnatd *dnatd);

/* Give up what conns_end() has begun; no @fn is called any more. */
void conns_end_stop(struct dnatd *dnatd);

/**
 * conns_end_parts - end connections as the client takes the answer
 * @filter: which
 * @parts: result: an answer without rows, but for the last, as connection.del
 *	gives it (control.h)
 *
 * Return: 0 or a negative errno with @err set
 */
int conns_end_parts(struct dnatd *dnatd, const struct conn_filter *filter,
		    struct long_answer **parts, struct err *err);

#endif
