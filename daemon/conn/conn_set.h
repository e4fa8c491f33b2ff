/* SPDX-License-Identifier: GPL-2.0-only */
/* Many filters of one kind, to look at a connection once for all of them. */
#ifndef DNAT_CONN_SET_H
#define DNAT_CONN_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "conn/conn.h"

/*
 * Of services' connections to a backend, or to any (family 0).  All zeros: none.
 */
struct conn_set {
	size_t n;
	size_t room;
	struct conn_filter *list;	/* sorted by conn_set_sort() */
};

/**
 * conn_set_add - add a filter
 * @filter: conn_filter_of(), with or without @unanswered
 *
 * Return: 0 or -ENOMEM
 */
int conn_set_add(struct conn_set *set, const struct conn_filter *filter);

/**
 * conn_set_add_gone - add what must not stay with backends that have gone
 * @was: the service
 * @now: what has become of it; NULL: it has gone
 *
 * UDP flows, and TCP connections without an answer, whose clients ask again.
 * Those that have one go on.
 *
 * Return: 0 or -ENOMEM
 */
int conn_set_add_gone(struct conn_set *set, const struct service *was,
		      const struct service *now);
void conn_set_clean(struct conn_set *set);

/* Before conn_set_has(), after the last conn_set_add(). */
void conn_set_sort(struct conn_set *set);

/* Does one of the filters want @conn? */
bool conn_set_has(const struct conn_set *set, const struct conn *conn);

#endif
