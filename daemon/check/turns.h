/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limit the number of checks that run at once.  Each has a file descriptor open
 * until it ends, which takes the whole timeout if the backend does not answer.
 *
 * Checks of backends that answered the last time come first and have a quarter
 * of the places reserved.  So many dead backends do not delay the checks of the
 * others.
 */
#ifndef DNAT_TURNS_H
#define DNAT_TURNS_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/queue.h>

enum turn_state {
	TURN_NONE,
	TURN_WAITING,
	TURN_TAKEN,
};

struct turn {
	TAILQ_ENTRY(turn) entry;	/* in a list of turns that wait */
	enum turn_state state;
	bool prompt;		/* the last check was answered in time */
	bool late;		/* counted in turns.n_late */
};

TAILQ_HEAD(turn_list, turn);

struct turns {
	unsigned int max;	/* maximum of @n */
	unsigned int n;		/* turns taken */
	unsigned int n_late;	/* turns taken that were not prompt */
	unsigned int n_waiting;
	struct turn_list prompt;	/* prompt turns that wait */
	struct turn_list late;		/* other turns that wait */
	struct event *event;
	void (*begin)(struct turn *turn);
};

/**
 * turns_init - initialize with all places free
 * @max: number of places, 4 or more
 * @begin: called from the event loop when a turn that waited gets a place
 *
 * Return: 0 or -ENOMEM
 */
int turns_init(struct turns *turns, struct event_base *base, unsigned int max,
	       void (*begin)(struct turn *turn));
void turns_clean(struct turns *turns);

/* Return: @turn has a place; false: it waits, and begin() is called later */
bool turn_take(struct turns *turns, struct turn *turn);

/* Give back the place of @turn, or stop waiting. */
void turn_give(struct turns *turns, struct turn *turn);

#endif
