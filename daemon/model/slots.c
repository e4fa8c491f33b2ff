// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "model/slots.h"

#define NONE UINT16_MAX

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
 * slots the backend has had its share, give or take less than one.  The
 * schedule takes, of all turns whose window has begun, the one whose window
 * ends first.  This meets all windows (Baruah et al., "Proportionate progress",
 * 1996).
 */
struct turn {
	uint32_t end;		/* first slot after the window */
	uint16_t backend;
};

struct heap {
	size_t n;
	struct turn turns[BACKENDS_MAX];
};

static bool turn_before(const struct turn *a, const struct turn *b)
{
	return a->end != b->end ? a->end < b->end : a->backend < b->backend;
}

static void heap_push(struct heap *heap, struct turn turn)
{
	size_t i = heap->n++;

	while (i && turn_before(&turn, &heap->turns[(i - 1) / 2])) {
		heap->turns[i] = heap->turns[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap->turns[i] = turn;
}

static struct turn heap_pop(struct heap *heap)
{
	struct turn top = heap->turns[0];
	struct turn last = heap->turns[--heap->n];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < heap->n) {
		if (child + 1 < heap->n &&
		    turn_before(&heap->turns[child + 1], &heap->turns[child]))
			child++;
		if (!turn_before(&heap->turns[child], &last))
			break;
		heap->turns[i] = heap->turns[child];
		i = child;
	}
	heap->turns[i] = last;
	return top;
}

size_t slots_of(const struct service *service, uint16_t *slots)
{
	/*
	 * begins[slot]: list, linked by next[], of backends with a turn there.
	 */
	uint16_t begins[SLOTS_MAX], next[BACKENDS_MAX];
	uint16_t taken[BACKENDS_MAX] = { 0 };
	struct heap ready = { 0 };
	struct round round;
	size_t n = round_now(&round, service);

	if (n > SLOTS_MAX || service->n_backends > BACKENDS_MAX)
		return 0;

	for (size_t slot = 0; slot < n; slot++)
		begins[slot] = NONE;
	for (size_t i = service->n_backends; n && i-- > 0;) {
		if (!share(&round, i))
			continue;
		next[i] = begins[0];
		begins[0] = (uint16_t)i;
	}

	for (size_t slot = 0; slot < n; slot++) {
		unsigned int w, j;
		struct turn turn;
		size_t begin;
		uint16_t i;

		for (i = begins[slot]; i != NONE; i = next[i]) {
			w = share(&round, i);
			j = taken[i];
			turn.end = (uint32_t)(((j + 1) * n + w - 1) / w);
			turn.backend = i;
			heap_push(&ready, turn);
		}

		i = heap_pop(&ready).backend;
		slots[slot] = i;

		w = share(&round, i);
		if (++taken[i] == w)
			continue;
		begin = taken[i] * n / w;
		if (begin <= slot)
			begin = slot + 1;
		next[i] = begins[begin];
		begins[begin] = i;
	}
	return n;
}
