/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many checks run at a time.  Each holds a file descriptor until it ends,
 * which takes a whole timeout where nobody answers.
 *
 * Those who were answered the last time come first, and have a quarter of the
 * places to themselves: a rack that has gone dark does not keep the checks of
 * the others waiting.
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
	TAILQ_ENTRY(turn) entry;	/* of those that wait */
	enum turn_state state;
	bool prompt;		/* was answered the last time it was checked */
	bool late;		/* counted in turns.n_late */
};

TAILQ_HEAD(turn_list, turn);

struct turns {
	unsigned int max;	/* at a time */
	unsigned int n;		/* taken, all of them */
	unsigned int n_late;	/* taken by those that were not prompt */
	unsigned int n_waiting;
	struct turn_list prompt;
	struct turn_list late;
	struct event *event;
	void (*begin)(struct turn *turn);
};

/**
 * turns_init - nobody has a turn
 * @max: how many there are at a time, 4 or more
 * @begin: called from the event loop for one that has waited and whose turn it is
 *
 * Return: 0 or -ENOMEM
 */
int turns_init(struct turns *turns, struct event_base *base, unsigned int max,
	       void (*begin)(struct turn *turn));
void turns_clean(struct turns *turns);

/* Return: whether @turn may begin; otherwise it waits, and begin() is called */
bool turn_take(struct turns *turns, struct turn *turn);

/* @turn is over, or waits no longer. */
void turn_give(struct turns *turns, struct turn *turn);

#endif
