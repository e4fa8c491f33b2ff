/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checks of one backend: when the next one begins, and whether the backend
 * is up or down.
 *
 * If dnatd cannot make a check, the state of the backend does not change, and
 * the check is repeated soon.  Reasons are a lack of memory or file
 * descriptors, or a program that is not safe to run.
 */
#ifndef DNAT_CHECKER_H
#define DNAT_CHECKER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "check/probe.h"
#include "check/turns.h"
#include "common/addr.h"
#include "model/types.h"

/* Shared by all checkers. */
struct check_ctx {
	struct event_base *base;
	struct probes probes;
	struct turns turns;
	unsigned long unmade;	/* checks that dnatd could not make */
	time_t short_of;	/* time of the last one, CLOCK_MONOTONIC */
};

struct checker {
	struct check_ctx *ctx;
	struct group *group;	/* argument of changed() */
	void (*changed)(struct group *group);
	struct addr addr;	/* of the backend */
	uint16_t port;		/* of the backend, host byte order */
	struct target target;
	struct event *timer;	/* starts the next check */
	struct probe *probe;	/* the running check, or NULL */
	struct turn turn;
	bool unmade;		/* the last check was not made, see @fault */
	bool known;		/* a check was made */
	bool down;		/* the result of the checks */
	bool applied;		/* the value of @down in the model */
	unsigned int against;	/* checks in a row that contradict @down */
	unsigned long checks[2];	/* numbers of failed, passed ones */
	time_t since;		/* last change of @down, CLOCK_MONOTONIC */
	char fault[FAULT_LEN];	/* of the last check that failed */
};

/* Return: 0 or -ENOMEM, and check_ctx_clean() is needed in both cases */
int check_ctx_init(struct check_ctx *ctx, struct event_base *base,
		   const struct spawn_user *user);

/* Call it when all checkers are freed. */
void check_ctx_clean(struct check_ctx *ctx);

/**
 * checker_new - a backend whose checks begin with checker_aim()
 * @changed: called with @group when the backend goes down or up
 *
 * Return: NULL if there is no memory
 */
struct checker *checker_new(struct check_ctx *ctx, struct group *group,
			    void (*changed)(struct group *group),
			    const struct backend *backend);
void checker_free(struct checker *checker);

/**
 * checker_aim - set the target of the checks
 * @target: copied; what it points to must outlive the checker
 * @anew: the settings of the check have changed
 *
 * If target or settings have changed, a running check is cancelled, and the
 * next one begins within the interval.  Otherwise the checks go on.
 *
 * Return: 0, or -1: no memory
 */
int checker_aim(struct checker *checker, const struct target *target,
		bool anew);

time_t checker_now(void);

#endif
