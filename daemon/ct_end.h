/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections that are ended by having conntrack forget them. */
#ifndef DNAT_CT_END_H
#define DNAT_CT_END_H

#include "conn.h"
#include "ending.h"
#include "model.h"

/**
 * ct_end - have conntrack forget connections of the model's services
 * @model: says which connections are ours, as for ct_show(); may change later
 * @filter: which of them; copied.  NULL: none of them, but those that should
 *	be and are not, see ct_astray()
 * @ending: result, for conns_end() and conns_end_parts() to go on with
 *
 * Return: 0 or a negative errno with @err set
 */
int ct_end(const struct model *model, const struct conn_filter *filter,
	   struct ending **ending, struct err *err);

#endif
