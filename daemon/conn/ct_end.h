/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections that are ended by having conntrack forget them. */
#ifndef DNAT_CT_END_H
#define DNAT_CT_END_H

#include "conn/conn.h"
#include "conn/conn_set.h"
#include "conn/end_walk.h"
#include "model/types.h"

/**
 * ct_end - have conntrack forget connections of the model's services
 * @model: says which connections are ours, as for ct_show(); may change later
 * @filter: which of them; copied
 * @ending: result, for conns_end() and conns_end_parts() to go on with
 *
 * Return: 0 or a negative errno with @err set
 */
int ct_end(const struct model *model, const struct conn_filter *filter,
	   struct end_walk **ending, struct err *err);

/* The same of those that should be the services' and are not, see ct_astray(). */
int ct_end_astray(const struct model *model, struct end_walk **ending,
		  struct err *err);

/* The same of those in @set, whose services may have gone; @set is copied. */
int ct_end_set(const struct conn_set *set, struct end_walk **ending,
	       struct err *err);

#endif
