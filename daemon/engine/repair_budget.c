// SPDX-License-Identifier: GPL-2.0-only
#include "base/events.h"
#include "engine/dnatd.h"
#include "engine/repair_budget.h"

#define MINUTE 60000

uint64_t repairs_wait(struct repairs *repairs, uint64_t now)
{
	uint64_t passed = now - repairs->since;

	if (repairs->held && passed < MINUTE)
		return MINUTE - passed;
	if (repairs->held && passed < 2 * MINUTE)
		return 0;
	if (repairs->held || passed >= MINUTE) {
		repairs->held = false;
		repairs->spent = 0;
		repairs->since = now;
	}
	if (repairs->spent < repairs->a_minute)
		return 0;
	repairs->held = true;
	repairs->since = now;
	return MINUTE;
}

void repairs_spend(struct repairs *repairs, uint64_t now)
{
	repairs->spent++;
	if (repairs->held)
		repairs->since = now;
}

bool repairs_held(const struct repairs *repairs, uint64_t now)
{
	return repairs->held && now - repairs->since < 2 * MINUTE;
}

void repairs_tell(struct dnatd *dnatd, const char *what)
{
	dnatd->repairs.total++;
	events_emit(dnatd->events, "repair", json_pack("{s:s}", "what", what));
}
