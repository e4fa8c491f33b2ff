/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of the running daemon. */
#ifndef DNAT_DNATD_H
#define DNAT_DNATD_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "check/spawn.h"
#include "conn/conn_set.h"
#include "model/slots.h"
#include "model/types.h"

struct counts;
struct drain;
struct events;
struct fault_watch;
struct foreign;
struct health;
struct http;
struct kmod;
struct nft;
struct peer;
struct pool_alarm;
struct store;
struct transaction;
struct worker;

/* The tasks of conns_end.h; all zeros at first. */
struct endings {
	TAILQ_HEAD(end_tasks, end_task) tasks;
	unsigned int n_active;
};

/* Connections that forget.h deletes at the next @event; all zeros at first. */
struct forgets {
	struct conn_set set;
	struct event *event;
};

/* Index 0: all connections of a filter; 1: only unanswered ones. */
#define FORGETS 2

/* The rate limit of audit.h; all zeros at first. */
struct audit {
	uint64_t since;		/* start of the period, ms of clock_now() */
	unsigned int lines;	/* logged in the period */
	unsigned long missed;	/* requests not logged in the period */
};

/* Repairs of what other programs changed, see repair_budget.h. */
struct repairs {
	unsigned int a_minute;		/* limit; 0: nothing is repaired */
	unsigned long long total;
	unsigned long long overruns;	/* times that notices were lost */
	unsigned int spent;		/* repairs since @since, if not @held */
	uint64_t since;			/* ms; if @held, time of the last try */
	bool held;			/* limited to one a minute */
	char failed[256];		/* why the last one failed, or "" */
};

struct dnatd {
	struct event_base *base;
	struct endings endings;
	struct forgets forgets[FORGETS];
	struct counts *counts;		/* NULL: not started yet */
	struct drain *drain;		/* NULL: not started yet */
	LIST_HEAD(followers, follower) followers;	/* see transaction.h */
	struct events *events;
	struct audit audit;
	const struct peer *peer;	/* sender of the request, or NULL */
	struct store *store;
	struct model *model;
	const char *conf;		/* file that @model is from, or NULL */
	const char *conf_path;		/* where the file should be */
	char conf_fault[480];		/* why the file was not used, or "" */
	struct model *saved;		/* at the start only, see startup.h */
	struct nft *nft;
	char no_flowtable[256];		/* why nf_nat has none, or "" */
	struct spawn_user check_user;
	struct health *health;		/* NULL: not started yet */
	struct pool_alarm *pools;	/* NULL: not started yet */
	struct fault_watch *faults;	/* NULL: not started yet */
	struct foreign *foreign;
	struct worker *worker;		/* for jobs in the kernel */
	struct worker *disk;		/* for jobs on the disk */
	/* The first one is running, the others wait. */
	TAILQ_HEAD(transactions, transaction) transactions;
	unsigned int n_transactions;
	struct kmod *kmod;		/* the loop's; NULL: no module */
	struct kmod *kmod_jobs;		/* the same, for jobs of @worker */
	enum allocator configured;
	enum allocator in_force;	/* never ALLOC_AUTO */
	char reason[512];		/* why @in_force was chosen */
	struct repairs repairs;
	unsigned long changes;		/* done, without those of checks */
	char metrics[64];		/* address of @http, or "" */
	struct http *http;		/* serves the metrics, or NULL */
};

#endif
