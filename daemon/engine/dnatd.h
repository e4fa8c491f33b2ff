/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running daemon holds. */
#ifndef DNAT_DNATD_H
#define DNAT_DNATD_H

#include <event2/event.h>
#include <sys/queue.h>

#include "base/events.h"
#include "check/spawn.h"
#include "engine/audit.h"
#include "engine/drain.h"
#include "engine/conns_end.h"
#include "engine/forget.h"
#include "engine/repair.h"
#include "model/types.h"
#include "model/ruleset.h"
#include "module/kmod.h"
#include "nft/nft.h"
#include "store/store.h"

struct counts;
struct fault_watch;
struct foreign;
struct health;
struct http;
struct peer;
struct pools;
struct transaction;
struct worker;

struct dnatd {
	struct event_base *base;
	struct endings endings;
	struct forgets forgets[FORGETS];
	struct counts *counts;		/* NULL: nobody counts yet */
	struct drain *drain;		/* NULL: nobody looks after drains yet */
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
	struct pools *pools;		/* NULL: nobody looks at them yet */
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
