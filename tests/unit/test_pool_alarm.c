// SPDX-License-Identifier: GPL-2.0-only
/* When a pool counts as nearly full, exhausted and recovered. */
#include "engine/pool_alarm.h"
#include "unit.h"

static void test_fill(void)
{
	enum pool_level level = POOL_FINE;

	for (uint64_t open = 0; open <= 64512; open++) {
		level = pool_alarm_level(level, open, 64512, false);
		CHECK_INT(level, open < 58061 ? POOL_FINE : POOL_SHORT);
	}
	/* Full is not exhausted: nobody has been refused. */
	CHECK_INT(level, POOL_SHORT);
	level = pool_alarm_level(level, 64512, 64512, true);
	CHECK_INT(level, POOL_EXHAUSTED);
	for (uint64_t open = 64512; open--;) {
		level = pool_alarm_level(level, open, 64512, false);
		CHECK_INT(level, open < 51610 ? POOL_FINE : POOL_EXHAUSTED);
	}
}

static void test_between(void)
{
	/* Between the two it stays what it was. */
	for (uint64_t open = 80; open < 90; open++) {
		CHECK_INT(pool_alarm_level(POOL_FINE, open, 100, false),
			  POOL_FINE);
		CHECK_INT(pool_alarm_level(POOL_SHORT, open, 100, false),
			  POOL_SHORT);
		CHECK_INT(pool_alarm_level(POOL_EXHAUSTED, open, 100, false),
			  POOL_EXHAUSTED);
	}
	CHECK_INT(pool_alarm_level(POOL_SHORT, 79, 100, false), POOL_FINE);
	CHECK_INT(pool_alarm_level(POOL_FINE, 90, 100, false), POOL_SHORT);
}

static void test_small(void)
{
	CHECK_INT(pool_alarm_level(POOL_FINE, 0, 1, false), POOL_FINE);
	CHECK_INT(pool_alarm_level(POOL_FINE, 1, 1, false), POOL_SHORT);
	CHECK_INT(pool_alarm_level(POOL_SHORT, 0, 1, false), POOL_FINE);
	/* A pool without a port, as a narrower range leaves one, or a wider. */
	CHECK_INT(pool_alarm_level(POOL_FINE, 0, 0, false), POOL_FINE);
	CHECK_INT(pool_alarm_level(POOL_FINE, 0, 0, true), POOL_EXHAUSTED);
	CHECK_INT(pool_alarm_level(POOL_FINE, 12, 10, false), POOL_SHORT);
	CHECK_INT(pool_alarm_level(POOL_SHORT, 12, 100, true), POOL_EXHAUSTED);
}

int main(void)
{
	test_fill();
	test_between();
	test_small();
	return unit_result();
}
