// SPDX-License-Identifier: GPL-2.0-only
/* How often what others break is put right, on a clock of our own. */
#include "engine/repair_budget.h"
#include "unit.h"

#define MINUTE 60000

static struct repairs repairs;

/* Return: when it was made, a wait included */
static uint64_t need(uint64_t now)
{
	uint64_t wait = repairs_wait(&repairs, now);

	if (wait)
		CHECK_INT(repairs_wait(&repairs, now + wait), 0);
	repairs_spend(&repairs, now + wait);
	return now + wait;
}

static void test_seldom(void)
{
	uint64_t now = 5;

	repairs = (struct repairs){ .a_minute = 3 };
	for (int i = 0; i < 100; i++, now += MINUTE / 3 + 1)
		CHECK_INT(need(now), now);
	CHECK(!repairs_held(&repairs, now));
}

static void test_often(void)
{
	const uint64_t begin = 10 * MINUTE;
	uint64_t now = begin;

	repairs = (struct repairs){ .a_minute = 3 };
	for (int i = 0; i < 3; i++, now++)
		CHECK_INT(need(now), now);
	CHECK(!repairs_held(&repairs, now));

	/* Whoever it is goes on: one a minute. */
	for (int i = 0; i < 5; i++) {
		uint64_t made = need(now);

		CHECK_INT(made, now + MINUTE);
		CHECK(repairs_held(&repairs, made));
		CHECK_INT(repairs_wait(&repairs, made + 1), MINUTE - 1);
		now = made;
	}

	/* He is found, and a quiet minute passes. */
	now += 2 * MINUTE;
	CHECK(!repairs_held(&repairs, now));
	for (int i = 0; i < 3; i++, now++)
		CHECK_INT(need(now), now);
	CHECK_INT(repairs_wait(&repairs, now), MINUTE);
}

int main(void)
{
	test_seldom();
	test_often();
	return unit_result();
}
