// SPDX-License-Identifier: GPL-2.0-only
#include "base/log.h"
#include "base/loop.h"
#include "engine/dnatd.h"
#include "engine/conns_end.h"
#include "engine/forget.h"

/* Longer than the round trip to a backend. */
#define ANSWER_MS 250

/* In ms, indexed by filter.unanswered. */
static const unsigned int pauses[FORGETS] = { 0, ANSWER_MS };

static void module_forget(struct dnatd *dnatd, const struct conn_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		conns_end(dnatd, &set->list[i], NULL, NULL, NULL);
}

static void complain(void)
{
	say_error("connections to a backend that has gone stay until they are idle: dnatd is out of memory");
}

static void forget(struct dnatd *dnatd, struct forgets *forgets)
{
	conn_set_sort(&forgets->set);
	if (dnatd->in_force == ALLOC_MODULE)
		module_forget(dnatd, &forgets->set);
	else if (conns_end_set(dnatd, &forgets->set))
		complain();
	conn_set_clean(&forgets->set);
}

static void forget_now(evutil_socket_t fd, short what, void *dnatd)
{
	(void)fd;
	(void)what;
	forget(dnatd, &((struct dnatd *)dnatd)->forgets[false]);
}

static void forget_unanswered(evutil_socket_t fd, short what, void *dnatd)
{
	(void)fd;
	(void)what;
	forget(dnatd, &((struct dnatd *)dnatd)->forgets[true]);
}

void conns_forget(struct dnatd *dnatd, const struct conn_filter *filter)
{
	struct forgets *forgets = &dnatd->forgets[filter->unanswered];

	if (!forgets->event)
		forgets->event = evtimer_new(dnatd->base, filter->unanswered ?
					     forget_unanswered : forget_now,
					     dnatd);
	if (!forgets->event || conn_set_add(&forgets->set, filter) ||
	    (!evtimer_pending(forgets->event, NULL) &&
	     loop_timer(forgets->event, pauses[filter->unanswered])))
		complain();
}

void conns_forget_stop(struct dnatd *dnatd)
{
	for (size_t i = 0; i < FORGETS; i++) {
		conn_set_clean(&dnatd->forgets[i].set);
		if (dnatd->forgets[i].event)
			event_free(dnatd->forgets[i].event);
		dnatd->forgets[i].event = NULL;
	}
}
