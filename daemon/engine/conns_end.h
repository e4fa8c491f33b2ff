/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * End connections.  There may be a million, so each turn of the event loop ends
 * only a part of them.
 *
 * With the module, both ends of each TCP connection get a reset.  Without it,
 * dnatd only deletes the connections from conntrack.  The client's next packet
 * then goes to any backend, which answers TCP with a reset.
 */
#ifndef DNAT_CONNS_END_H
#define DNAT_CONNS_END_H

#include <stdint.h>

#include "base/long_answer.h"
#include "common/err.h"
#include "conn/conn.h"
#include "conn/conn_set.h"

struct dnatd;

/**
 * typedef end_fn - called when conns_end() has finished
 * @ended: number of connections that were ended
 * @err: the error that stopped it, NULL if all were ended
 * @data: as given to conns_end()
 */
typedef void end_fn(uint64_t ended, const struct err *err, void *data);

/**
 * conns_end - end connections, later
 * @dnatd: for its event loop and allocator
 * @filter: which connections; copied
 * @fn: called once, after this function has returned; may be NULL
 * @data: for @fn
 *
 * Only a few of these tasks run at a time, the others wait.
 *
 * Return: 0, or -ENOMEM with @err set and @fn never called
 */
int conns_end(struct dnatd *dnatd, const struct conn_filter *filter,
	      end_fn *fn, void *data, struct err *err);

/**
 * conns_end_set - delete connections from conntrack, later
 * @set: which connections, sorted; moved, @set is empty on success
 *
 * Return: 0 or -ENOMEM
 */
int conns_end_set(struct dnatd *dnatd, struct conn_set *set);

/**
 * conns_end_early - delete flows that began before the rules existed, later
 * @dnatd: its rules are in force now; all services of its model are looked at
 *
 * Rules see only the first packet of a flow, so these flows are not translated.
 * Calls before the work begins are combined.  Flows that cannot be deleted end
 * when they are idle.
 */
void conns_end_early(struct dnatd *dnatd);

/* Stop all tasks of these functions; no @fn is called any more. */
void conns_end_stop(struct dnatd *dnatd);

/**
 * conns_end_parts - end connections while the client reads the answer
 * @filter: which connections
 * @parts: result, the answer to connection.del (control.h); only the last part
 *	has a row
 *
 * Return: 0 or a negative errno with @err set
 */
int conns_end_parts(struct dnatd *dnatd, const struct conn_filter *filter,
		    struct long_answer **parts, struct err *err);

#endif
