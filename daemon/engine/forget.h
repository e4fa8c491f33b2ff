/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections that must not stay with a backend that is down or has gone:
 * conntrack forgets them, and the client's next packet finds another backend.
 *
 * Those of many backends are forgotten together.  Without the module that
 * takes a walk through conntrack's whole table, and one is enough for all.
 */
#ifndef DNAT_FORGET_H
#define DNAT_FORGET_H

#include "conn/conn.h"

struct dnatd;

/**
 * conns_forget - have connections forgotten, later
 * @dnatd: whose event loop does it; its rules send nothing more there
 * @filter: which: of a service, to one of its backends or to all
 *
 * TCP connections that have an answer are reset at both ends, where the
 * module is in force.  With @filter->unanswered there is a pause first, in
 * which an answer that is under way can arrive.
 *
 * What cannot be forgotten now ends when it is idle.
 */
void conns_forget(struct dnatd *dnatd, const struct conn_filter *filter);

/* Give up what has not begun. */
void conns_forget_stop(struct dnatd *dnatd);

#endif
