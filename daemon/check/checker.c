// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/nofile.h"
#include "check/checker.h"

/* Delay before a check that could not be made is repeated. */
#define AGAIN_MS 1000

/* The warning is logged again if it was not needed for this time. */
#define SHORT_SECONDS 60

time_t checker_now(void)
{
	return clock_ms(CLOCK_MONOTONIC) / 1000;
}

static void judge(struct checker *checker, const char *fault)
{
	const struct check *check = checker->target.check;
	bool first = !checker->known;

	if (fault)
		snprintf(checker->fault, sizeof(checker->fault), "%s", fault);
	checker->checks[!fault]++;
	checker->known = true;
	checker->unmade = false;
	if (!fault == !checker->down) {
		checker->against = 0;
		return;
	}
	checker->against++;
	if (!first && checker->against < (fault ? check->fall : check->rise))
		return;
	checker->down = fault;
	checker->against = 0;
	checker->since = checker_now();
	checker->changed(checker->group);
}

/* The check could not be made: a problem of dnatd, not of the backend. */
static void unmade(struct checker *checker, const char *why)
{
	unsigned int interval = checker->target.check->interval;
	struct check_ctx *ctx = checker->ctx;
	time_t now = checker_now();

	if (!ctx->unmade || now - ctx->short_of > SHORT_SECONDS)
		say_warning("service %s: a check could not be made: %s; the backends stay as they are",
			    checker->target.service, why);
	snprintf(checker->fault, sizeof(checker->fault), "%s", why);
	checker->unmade = true;
	ctx->unmade++;
	ctx->short_of = now;
	loop_timer(checker->timer, interval < AGAIN_MS ? interval : AGAIN_MS);
}

static void checked(enum outcome outcome, const char *fault, void *data)
{
	struct checker *checker = data;

	checker->probe = NULL;
	if (outcome != OUTCOME_NONE)
		checker->turn.prompt = outcome != OUTCOME_LATE;
	turn_give(&checker->ctx->turns, &checker->turn);
	if (outcome == OUTCOME_NONE)
		unmade(checker, fault);
	else
		judge(checker, fault);
}

static void begin(struct checker *checker)
{
	enum outcome outcome;
	char fault[FAULT_LEN];

	checker->probe = probe_start(&checker->ctx->probes, &checker->target,
				     checked, checker, &outcome, fault);
	if (!checker->probe)
		checked(outcome, fault, checker);
}

/* Start a check that had to wait for its turn. */
static void begin_turn(struct turn *turn)
{
	begin((struct checker *)(void *)((char *)turn -
					 offsetof(struct checker, turn)));
}

/* Start the next check unless the last one still runs or waits. */
static void due(evutil_socket_t fd, short what, void *data)
{
	struct checker *checker = data;

	(void)fd;
	(void)what;
	loop_timer(checker->timer, checker->target.check->interval);
	if (checker->turn.state == TURN_NONE &&
	    turn_take(&checker->ctx->turns, &checker->turn))
		begin(checker);
}

/* The first check begins at a random time within the interval. */
static int start(struct checker *checker)
{
	uint64_t interval = checker->target.check->interval;
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint32_t)(uintptr_t)checker;
	return loop_timer(checker->timer, (int64_t)(random * interval >> 32));
}

static void give_up(struct checker *checker)
{
	if (checker->probe)
		probe_cancel(checker->probe);
	checker->probe = NULL;
	turn_give(&checker->ctx->turns, &checker->turn);
}

struct checker *checker_new(struct check_ctx *ctx, struct group *group,
			    void (*changed)(struct group *group),
			    const struct backend *backend)
{
	struct checker *checker = calloc(1, sizeof(*checker));

	if (!checker)
		return NULL;
	checker->ctx = ctx;
	checker->group = group;
	checker->changed = changed;
	checker->addr = backend->addr;
	checker->port = backend->port;
	checker->down = backend->down;
	checker->applied = backend->down;
	checker->since = checker_now();
	checker->timer = evtimer_new(ctx->base, due, checker);
	if (!checker->timer) {
		free(checker);
		return NULL;
	}
	return checker;
}

void checker_free(struct checker *checker)
{
	if (!checker)
		return;
	give_up(checker);
	event_free(checker->timer);
	free(checker);
}

int checker_aim(struct checker *checker, const struct target *target, bool anew)
{
	const struct target *is = &checker->target;

	if (!anew && is->check && is->port == target->port &&
	    addr_equal(&is->addr, &target->addr) &&
	    addr_equal(&is->source, &target->source))
		return 0;
	give_up(checker);
	checker->target = *target;
	checker->against = 0;
	return start(checker);
}

int check_ctx_init(struct check_ctx *ctx, struct event_base *base,
		   const struct spawn_user *user)
{
	*ctx = (struct check_ctx){ .base = base };
	if (probes_init(&ctx->probes, base, user))
		return -ENOMEM;
	return turns_init(&ctx->turns, base, nofile_checks(), begin_turn);
}

void check_ctx_clean(struct check_ctx *ctx)
{
	turns_clean(&ctx->turns);
	probes_clean(&ctx->probes);
}
