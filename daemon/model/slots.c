// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <stdlib.h>

#include "model/slots.h"

unsigned int backend_weight(const struct backend *backend)
{
	return backend->state == BACKEND_UP ? backend->weight : 0;
}

static unsigned int gcd(unsigned int a, unsigned int b)
{
	while (b) {
		unsigned int rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* Which backends have slots, and the weight of one slot. */
struct round {
	const struct service *service;
	bool backups;		/* only backup backends, or only the others */
	bool down;		/* include backends that are down */
	unsigned int unit;	/* GCD of the weights; 0: no backend */
};

static unsigned int weight_in(const struct round *round, size_t i)
{
	const struct backend *backend = &round->service->backends[i];

	if (backend->backup != round->backups ||
	    (backend->down && !round->down))
		return 0;
	return backend_weight(backend);
}

/* The number of slots of backend @i. */
static unsigned int share(const struct round *round, size_t i)
{
	unsigned int weight = weight_in(round, i);

	if (round->service->scheduler == SCHEDULER_RR)
		return weight ? 1 : 0;
	return weight / round->unit;
}

/* Return: the number of slots */
static size_t round_init(struct round *round, const struct service *service,
			 bool backups, bool down)
{
	size_t n = 0;

	*round = (struct round){ .service = service, .backups = backups,
				 .down = down };
	for (size_t i = 0; i < service->n_backends; i++)
		round->unit = gcd(round->unit, weight_in(round, i));
	for (size_t i = 0; round->unit && i < service->n_backends; i++)
		n += share(round, i);
	return n;
}

/*
 * With no backend down.  Any other set of backends has fewer slots, because its
 * sum of weights is smaller and its GCD is not.
 */
size_t slots_count(const struct service *service)
{
	struct round round;
	size_t n = round_init(&round, service, false, true);
	size_t backups = round_init(&round, service, true, true);

	return backups > n ? backups : n;
}

/* The backends that are not down; if there are none, the backup backends. */
static size_t round_now(struct round *round, const struct service *service)
{
	size_t n = round_init(round, service, false, false);

	if (!n && service->when_empty == EMPTY_BACKUP)
		n = round_init(round, service, true, false);
	return n;
}

size_t slots_active(const struct service *service)
{
	struct round round;
	size_t active = 0;

	if (!round_now(&round, service))
		return 0;
	for (size_t i = 0; i < service->n_backends; i++)
		active += share(&round, i) > 0;
	return active;
}

/*
 * A backend has w of the n slots.  Its turn j must be in the window of slots
 * floor(j * n / w) to ceil((j + 1) * n / w) - 1.  Then after any number of
 * slots the backend has had its share, give or take less than one.  The turn
 * whose window ends first takes its first slot that is free, then the next
 * turn does.  This meets all windows (Baruah et al., "Proportionate progress",
 * 1996).
 */
struct turn {
	uint16_t begin;
	uint16_t end;		/* first slot after the window */
	uint16_t backend;
};

static int compare_turns(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	return x->end != y->end ? x->end - y->end : x->backend - y->backend;
}

/* @next: a slot that is free has itself, another one a later slot. */
static size_t first_free(uint16_t *next, size_t slot)
{
	while (next[slot] != slot) {
		next[slot] = next[next[slot]];
		slot = next[slot];
	}
	return slot;
}

size_t slots_of(const struct service *service, uint16_t *slots)
{
	struct turn turns[SLOTS_MAX];
	uint16_t next[SLOTS_MAX + 1];
	struct round round;
	size_t n = round_now(&round, service), k = 0;

	if (n > SLOTS_MAX)
		return 0;

	for (size_t i = 0; n && i < service->n_backends; i++) {
		unsigned int w = share(&round, i);

		for (size_t j = 0; j < w; j++)
			turns[k++] = (struct turn){
				.begin = (uint16_t)(j * n / w),
				.end = (uint16_t)(((j + 1) * n + w - 1) / w),
				.backend = (uint16_t)i,
			};
	}
	qsort(turns, n, sizeof(turns[0]), compare_turns);

	for (size_t slot = 0; slot <= n; slot++)
		next[slot] = (uint16_t)slot;
	for (size_t i = 0; i < n; i++) {
		size_t slot = first_free(next, turns[i].begin);

		slots[slot] = turns[i].backend;
		next[slot] = (uint16_t)(slot + 1);
	}
	return n;
}
