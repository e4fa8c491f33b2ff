/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running daemon holds. */
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

/* Connections that are ended, by conns_end.h; all zeros at first. */
struct endings {
	TAILQ_HEAD(end_tasks, end_task) tasks;
	unsigned int n_active;
};

/* What is to be forgotten, of forget.h; all zeros at first. */
struct forgets {
	struct conn_set set;
	struct event *event;
};

/* One for all of a filter's connections, one for those without an answer. */
#define FORGETS 2

/* How much audit.h has logged; all zeros at first. */
struct audit {
	uint64_t since;		/* begin of the period, ms as clock_now() */
	unsigned int lines;	/* in that period */
	unsigned long missed;	/* requests in that period that were not logged */
};

/* Repairs of what others broke, see repair.h. */
struct repairs {
	unsigned int a_minute;		/* 0: nothing is repaired */
	unsigned long long total;
	unsigned long long overruns;	/* times that notices were lost */
	unsigned int spent;		/* since @since, while not @held */
	uint64_t since;			/* ms; where @held, of the last try */
	bool held;			/* somebody breaks it again and again */
	char failed[256];		/* why the last one failed, or "" */
};

struct dnatd {
	struct event_base *base;
	struct endings endings;
	struct forgets forgets[FORGETS];
	struct counts *counts;		/* NULL: nobody counts yet */
	struct drain *drain;		/* NULL: nobody looks after drains yet */
	LIST_HEAD(followers, follower) followers;	/* of changes, see transaction.h */
	struct events *events;
	struct audit audit;
	const struct peer *peer;	/* whose request is carried out, NULL: nobody's */
	struct store *store;
	struct model *model;
	const char *conf;		/* the file that they began with, or NULL */
	const char *conf_path;		/* where that is looked for */
	char conf_fault[480];		/* why it was not used though it is there, or "" */
	struct model *saved;		/* at the start only, see startup.h */
	struct nft *nft;
	char no_flowtable[256];		/* why there is none though nf_nat could use one, or "" */
	struct spawn_user check_user;
	struct health *health;		/* NULL: nobody is checked yet */
	struct pool_alarm *pools;	/* NULL: nobody looks at them yet */
	struct fault_watch *faults;	/* NULL: nobody looks for them yet */
	struct foreign *foreign;
	struct worker *worker;		/* for the kernel */
	struct worker *disk;
	TAILQ_HEAD(transactions, transaction) transactions;	/* the first is under way */
	unsigned int n_transactions;
	struct kmod *kmod;		/* the loop's; NULL where there is no module */
	struct kmod *kmod_jobs;		/* the same, for the worker's jobs */
	enum allocator configured;
	enum allocator in_force;	/* never ALLOC_AUTO */
	char reason[512];		/* why in_force is what it is */
	struct repairs repairs;
	unsigned long changes;		/* transactions carried out */
	char metrics[64];		/* where they are told, "" for nowhere */
	struct http *http;		/* what tells them, or NULL */
};

#endif
