// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "base/loop.h"
#include "check/turns.h"

/* Checks started in one turn of the event loop. */
#define AT_ONCE 64

/* One of this many places is reserved for prompt turns. */
#define KEPT_SHARE 4

static bool has_place(const struct turns *turns, const struct turn *turn)
{
	return turns->n < turns->max &&
	       (turn->prompt ||
		turns->n_late < turns->max - turns->max / KEPT_SHARE);
}

static void begin(struct turns *turns, struct turn *turn)
{
	turn->state = TURN_TAKEN;
	turn->late = !turn->prompt;
	turns->n++;
	turns->n_late += turn->late;
}

static struct turn_list *list_of(struct turns *turns, const struct turn *turn)
{
	return turn->prompt ? &turns->prompt : &turns->late;
}

static struct turn *next(const struct turns *turns)
{
	struct turn *prompt = TAILQ_FIRST(&turns->prompt);
	struct turn *late = TAILQ_FIRST(&turns->late);

	if (prompt && has_place(turns, prompt))
		return prompt;
	return late && has_place(turns, late) ? late : NULL;
}

static void wake(struct turns *turns)
{
	if (next(turns))
		loop_timer(turns->event, 0);
}

static void stop_waiting(struct turns *turns, struct turn *turn)
{
	TAILQ_REMOVE(list_of(turns, turn), turn, entry);
	turns->n_waiting--;
}

static void run(evutil_socket_t fd, short what, void *data)
{
	struct turns *turns = data;
	struct turn *turn;

	(void)fd;
	(void)what;
	for (int i = 0; i < AT_ONCE && (turn = next(turns)); i++) {
		stop_waiting(turns, turn);
		begin(turns, turn);
		turns->begin(turn);
	}
	wake(turns);
}

int turns_init(struct turns *turns, struct event_base *base, unsigned int max,
	       void (*fn)(struct turn *turn))
{
	*turns = (struct turns){ .max = max, .begin = fn };
	TAILQ_INIT(&turns->prompt);
	TAILQ_INIT(&turns->late);
	turns->event = evtimer_new(base, run, turns);
	return turns->event ? 0 : -ENOMEM;
}

void turns_clean(struct turns *turns)
{
	if (turns->event)
		event_free(turns->event);
	turns->event = NULL;
}

bool turn_take(struct turns *turns, struct turn *turn)
{
	struct turn_list *list = list_of(turns, turn);

	/* Turns that have waited longer come first. */
	if (TAILQ_EMPTY(list) && has_place(turns, turn)) {
		begin(turns, turn);
		return true;
	}
	turn->state = TURN_WAITING;
	TAILQ_INSERT_TAIL(list, turn, entry);
	turns->n_waiting++;
	wake(turns);
	return false;
}

void turn_give(struct turns *turns, struct turn *turn)
{
	if (turn->state == TURN_WAITING)
		stop_waiting(turns, turn);
	if (turn->state == TURN_TAKEN) {
		turns->n--;
		turns->n_late -= turn->late;
	}
	turn->state = TURN_NONE;
	wake(turns);
}
