/* SPDX-License-Identifier: GPL-2.0-only */
/* End connections by deleting their conntrack entries. */
#ifndef DNAT_CT_END_H
#define DNAT_CT_END_H

#include "base/task.h"
#include "conn/conn.h"
#include "conn/conn_set.h"
#include "model/types.h"

/**
 * ct_end - delete the conntrack entries of services' connections
 * @model: which connections are the services', as for ct_show(); may change
 *	later
 * @filter: which of these connections; copied.  NULL: flows that began before
 *	their service, see ct_is_early()
 * @ended: raised by the number of connections that each step ends
 *
 * Return: the task that does it; NULL: no memory
 */
struct task *ct_end(const struct model *model, const struct conn_filter *filter,
		    uint64_t *ended);

/*
 * The same for connections that @set matches.  @set is moved, unless it
 * returns NULL.
 */
struct task *ct_end_set(struct conn_set *set, uint64_t *ended);

#endif
