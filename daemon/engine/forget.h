/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Delete from conntrack the connections to a backend that is down or was
 * removed.  The client's next packet then reaches another backend.
 *
 * Requests for many backends are combined: without the module, each would have
 * to read conntrack's whole table.
 */
#ifndef DNAT_FORGET_H
#define DNAT_FORGET_H

#include "conn/conn.h"

struct dnatd;

/**
 * conns_forget - delete connections, later
 * @dnatd: its rules must not send new connections to the backend any more
 * @filter: the connections of a service to one of its backends, or to all;
 *	copied
 *
 * With the module, both ends of answered TCP connections get a reset.  With
 * @filter->unanswered there is a pause first, so that an answer on its way can
 * arrive.
 *
 * Connections that cannot be deleted end when they are idle.
 */
void conns_forget(struct dnatd *dnatd, const struct conn_filter *filter);

/* Drop the requests that have not begun. */
void conns_forget_stop(struct dnatd *dnatd);

#endif
