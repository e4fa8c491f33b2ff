// SPDX-License-Identifier: GPL-2.0-only
/* The order in which backends are used, against what the weights promise. */
#include <stdint.h>

#include "model/slots.h"
#include "unit.h"

static struct backend backends[BACKENDS_MAX];
static uint16_t slots[SLOTS_MAX];

static struct service service_of(enum scheduler scheduler, size_t n,
				 const unsigned int *weights)
{
	struct service service = {
		.name = "web",
		.scheduler = scheduler,
		.n_backends = n,
		.backends = backends,
	};

	for (size_t i = 0; i < n; i++)
		backends[i].weight = weights[i];
	return service;
}

/* Slots as text: a for the first backend, b for the second. */
static const char *order(enum scheduler scheduler, size_t n,
			 const unsigned int *weights)
{
	struct service service = service_of(scheduler, n, weights);
	static char text[256];
	size_t len = slots_of(&service, slots);

	NEED(len < sizeof(text));
	CHECK_INT(len, slots_count(&service));
	for (size_t i = 0; i < len; i++)
		text[i] = (char)('a' + slots[i]);
	text[len] = '\0';
	return text;
}

#define ORDER(scheduler, ...)                                              \
	order(scheduler,                                                   \
	      sizeof((unsigned int[]){ __VA_ARGS__ }) / sizeof(unsigned int), \
	      (unsigned int[]){ __VA_ARGS__ })

static void test_known(void)
{
	CHECK_STR(ORDER(SCHEDULER_RR, 1), "a");
	CHECK_STR(ORDER(SCHEDULER_RR, 1, 1, 1), "abc");
	CHECK_STR(ORDER(SCHEDULER_RR, 3, 0, 200), "ac");
	CHECK_STR(ORDER(SCHEDULER_RR, 0, 0), "");
	CHECK_STR(ORDER(SCHEDULER_WRR, 0), "");
	CHECK_STR(ORDER(SCHEDULER_WRR, 256), "a");
	CHECK_STR(ORDER(SCHEDULER_WRR, 2, 2, 2), "abc");
	CHECK_STR(ORDER(SCHEDULER_WRR, 3, 2, 1), "ababac");
	CHECK_STR(ORDER(SCHEDULER_WRR, 6, 4, 2), "ababac");
	CHECK_STR(ORDER(SCHEDULER_WRR, 5, 1, 1), "aaabaac");
	CHECK_STR(ORDER(SCHEDULER_WRR, 0, 1, 0), "b");
}

/*
 * After t slots a backend has had its share of t, give or take less than one;
 * and all of it after the last.
 */
static void check_even(const struct service *service)
{
	size_t n = slots_of(service, slots);
	uint64_t total = 0, given[BACKENDS_MAX] = { 0 };

	CHECK_INT(n, slots_count(service));
	for (size_t i = 0; i < service->n_backends; i++)
		total += service->backends[i].weight;
	for (size_t t = 1; t <= n; t++) {
		uint16_t i = slots[t - 1];
		uint64_t weight;

		NEED(i < service->n_backends);
		given[i]++;
		weight = service->backends[i].weight;
		/* Never ahead by a slot: given < t * weight / total + 1. */
		NEED(given[i] * total < t * weight + total);
	}
	for (size_t i = 0; i < service->n_backends; i++)
		NEED(given[i] * total == n * service->backends[i].weight);
}

/* Who is never behind either is seen with few backends, at every slot. */
static void check_never_behind(const struct service *service)
{
	size_t n = slots_of(service, slots);
	uint64_t total = 0, given[BACKENDS_MAX] = { 0 };

	for (size_t i = 0; i < service->n_backends; i++)
		total += service->backends[i].weight;
	for (size_t t = 1; t <= n; t++) {
		given[slots[t - 1]]++;
		for (size_t i = 0; i < service->n_backends; i++)
			NEED(given[i] * total + total >
			     t * service->backends[i].weight);
	}
}

static void test_random(void)
{
	unsigned int weights[BACKENDS_MAX];
	struct service service;
	size_t n;

	srand(1);
	for (int round = 0; round < 2000; round++) {
		n = 1 + (size_t)rand() % 12;
		for (size_t i = 0; i < n; i++)
			weights[i] = (unsigned int)rand() %
				     (round % 2 ? WEIGHT_MAX + 1 : 8);
		service = service_of(SCHEDULER_WRR, n, weights);
		check_even(&service);
		check_never_behind(&service);
	}
}

static void test_limits(void)
{
	unsigned int weights[BACKENDS_MAX];
	struct service service;

	for (size_t i = 0; i < BACKENDS_MAX; i++)
		weights[i] = 1 + i % 31;
	service = service_of(SCHEDULER_WRR, BACKENDS_MAX, weights);
	CHECK(slots_count(&service) > SLOTS_MAX / 2);
	CHECK(slots_count(&service) <= SLOTS_MAX);
	check_even(&service);

	for (size_t i = 0; i < BACKENDS_MAX; i++)
		weights[i] = WEIGHT_MAX - i % 2;
	service = service_of(SCHEDULER_WRR, BACKENDS_MAX, weights);
	CHECK(slots_count(&service) > SLOTS_MAX);
	CHECK_INT(slots_of(&service, slots), 0);

	service.scheduler = SCHEDULER_RR;
	CHECK_INT(slots_of(&service, slots), BACKENDS_MAX);
}

static void test_deterministic(void)
{
	static uint16_t first[SLOTS_MAX];
	unsigned int weights[] = { 7, 0, 256, 31, 31, 2 };
	struct service service = service_of(SCHEDULER_WRR, 6, weights);
	size_t n = slots_of(&service, first);

	CHECK_INT(slots_of(&service, slots), n);
	CHECK(!memcmp(first, slots, n * sizeof(*slots)));
}

int main(void)
{
	test_known();
	test_random();
	test_limits();
	test_deterministic();
	return unit_result();
}
