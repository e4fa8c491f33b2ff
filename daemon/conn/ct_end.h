/* SPDX-License-Identifier: GPL-2.0-only */
/* End connections by deleting their conntrack entries. */
#ifndef DNAT_CT_END_H
#define DNAT_CT_END_H

#include "conn/conn.h"
#include "conn/conn_set.h"
#include "conn/end_walk.h"
#include "model/types.h"

/**
 * ct_end - begin to delete the conntrack entries of services' connections
 * @model: which connections are the services', as for ct_show(); may change
 *	later
 * @filter: which of these connections; copied
 * @ending: result; conns_end() or conns_end_parts() does the work
 *
 * Return: 0 or a negative errno with @err set
 */
int ct_end(const struct model *model, const struct conn_filter *filter,
	   struct end_walk **ending, struct err *err);

/* The same for flows that began before their service, see ct_astray(). */
int ct_end_astray(const struct model *model, struct end_walk **ending,
		  struct err *err);

/* The same for connections that @set matches.  @set is copied. */
int ct_end_set(const struct conn_set *set, struct end_walk **ending,
	       struct err *err);

#endif
