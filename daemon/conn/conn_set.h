/* SPDX-License-Identifier: GPL-2.0-only */
/* A set of filters, to test a connection against all of them at once. */
#ifndef DNAT_CONN_SET_H
#define DNAT_CONN_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "conn/conn.h"

/*
 * Each filter is for one service and one backend, or any backend.  Zero: empty.
 */
struct conn_set {
	size_t n;
	size_t room;
	struct conn_filter *list;	/* sorted by conn_set_sort() */
};

/**
 * conn_set_add - add a filter
 * @filter: from conn_filter_of(); @unanswered may be set
 *
 * Return: 0 or -ENOMEM
 */
int conn_set_add(struct conn_set *set, const struct conn_filter *filter);

/**
 * conn_set_add_gone - add filters for the removed backends of a service
 * @was: the service before
 * @now: the service now; NULL: it was deleted
 *
 * They match UDP flows, and TCP connections without a reply, so that their
 * clients can reach another backend.  Other TCP connections go on.
 *
 * Return: 0 or -ENOMEM
 */
int conn_set_add_gone(struct conn_set *set, const struct service *was,
		      const struct service *now);
void conn_set_clean(struct conn_set *set);

/* Call it after the last conn_set_add() and before conn_set_has(). */
void conn_set_sort(struct conn_set *set);

/* Whether a filter matches @conn. */
bool conn_set_has(const struct conn_set *set, const struct conn *conn);

#endif
