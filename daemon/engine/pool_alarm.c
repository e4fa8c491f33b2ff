// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <event2/event.h>
#include <jansson.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "base/clock.h"
#include "base/events.h"
#include "base/log.h"
#include "base/loop.h"
#include "engine/dnatd.h"
#include "engine/pool_alarm.h"
#include "module/kmod_pool.h"
#include "module/kmod_stats.h"

#define LOOK_MS 1000
#define FORGET_PART 256	/* pools, less than a millisecond */

#define POOL_TEXT (2 * INET6_ADDRSTRLEN + 64)

/* A pool and its level, kept from one look to the next. */
struct standing {
	TAILQ_ENTRY(standing) entry;
	struct kmod_pool pool;
	enum pool_level level;
	unsigned int look;	/* number of the last look that saw it */
};

struct pool_alarm {
	struct task look;
	struct dnatd *dnatd;
	struct event *timer;
	unsigned int looks;		/* number of the current look */
	struct nl nl;
	bool listed;			/* this look has seen all pools */
	void *tree;			/* of tsearch(3), for order() */
	TAILQ_HEAD(standing_list, standing) standings;	/* last seen last */
	size_t refusing;		/* number at POOL_EXHAUSTED */
	bool looked;			/* a look was complete */
	bool followed;			/* a client monitored at that time */
	json_int_t refused;		/* by all pools, at the last look */
	struct kmod_pool last;		/* the last pool to refuse */
	time_t last_at;			/* s, CLOCK_MONOTONIC + 1; 0: never */
};

enum pool_level pool_alarm_level(enum pool_level was, uint64_t open,
				 uint64_t capacity, bool refused)
{
	if (refused)
		return POOL_EXHAUSTED;
	if (was != POOL_FINE)
		return open * 100 < capacity * POOL_RECOVERED ? POOL_FINE : was;
	return capacity && open * 100 >= capacity * POOL_NEARLY_FULL ?
		       POOL_SHORT : POOL_FINE;
}

static uint64_t open_in(const struct kmod_pool *pool)
{
	uint64_t others = pool->half_open + pool->closed;

	return pool->in_use > others ? pool->in_use - others : 0;
}

static void tell(const struct pool_alarm *pools, const struct kmod_pool *pool,
		 enum pool_level level)
{
	static const char *const states[] = {
		[POOL_FINE] = "recovered",
		[POOL_SHORT] = "nearly-full",
		[POOL_EXHAUSTED] = "exhausted",
	};
	char vip[INET6_ADDRSTRLEN], backend[INET6_ADDRSTRLEN];

	events_emit(pools->dnatd->events, "pool",
		    json_pack("{s:s, s:s, s:s, s:i, s:s, s:I, s:I, s:I}", "vip",
			      addr_text(&pool->vip, vip, sizeof(vip)), "proto",
			      proto_text(pool->proto), "backend",
			      addr_text(&pool->backend, backend,
					sizeof(backend)),
			      "port", pool->port, "state", states[level],
			      "open", (json_int_t)open_in(pool), "capacity",
			      (json_int_t)pool->capacity, "failures",
			      (json_int_t)pool->failures));
}

static time_t seconds(void)
{
	return clock_ms(CLOCK_MONOTONIC) / 1000 + 1;
}

static void pool_text(const struct kmod_pool *pool, char *text, size_t len)
{
	char vip[INET6_ADDRSTRLEN], backend[INET6_ADDRSTRLEN];

	snprintf(text, len, "VIP %s %s backend %s port %u",
		 addr_text(&pool->vip, vip, sizeof(vip)),
		 proto_text(pool->proto),
		 addr_text(&pool->backend, backend, sizeof(backend)),
		 pool->port);
}

/* Send the event and write to the log, also if no client monitors. */
static void note_change(struct pool_alarm *pools, const struct kmod_pool *pool,
			enum pool_level was, enum pool_level level)
{
	char text[POOL_TEXT];

	pools->refusing += level == POOL_EXHAUSTED;
	pools->refusing -= was == POOL_EXHAUSTED;
	tell(pools, pool, level);
	pool_text(pool, text, sizeof(text));
	if (level == POOL_EXHAUSTED)
		say_error("%s: connections are refused, all vdports are in use; see vdport show and When ports run out in dnat-workflows(7)",
			  text);
	else if (was == POOL_EXHAUSTED)
		say("%s: vdports are available again", text);
}

static int order(const void *va, const void *vb)
{
	const struct kmod_pool *a = &((const struct standing *)va)->pool;
	const struct kmod_pool *b = &((const struct standing *)vb)->pool;
	int by_addr = addr_compare(&a->vip, &b->vip);

	if (!by_addr)
		by_addr = addr_compare(&a->backend, &b->backend);
	if (by_addr)
		return by_addr;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return (a->proto > b->proto) - (a->proto < b->proto);
}

/* Return: the pool's standing, a new one if need be; NULL: no memory */
static struct standing *standing_of(struct pool_alarm *pools,
				    const struct standing *key)
{
	struct standing **found = tfind(key, &pools->tree, order);
	struct standing *standing;

	if (found) {
		TAILQ_REMOVE(&pools->standings, *found, entry);
		TAILQ_INSERT_TAIL(&pools->standings, *found, entry);
		return *found;
	}
	standing = malloc(sizeof(*standing));
	if (!standing)
		return NULL;
	*standing = *key;
	if (!tsearch(standing, &pools->tree, order)) {
		free(standing);
		return NULL;
	}
	/*
	 * The refusals of a new pool have happened since the last look.  But at
	 * the first look their time is unknown: they are ignored.
	 */
	if (pools->looked)
		standing->pool.failures = 0;
	TAILQ_INSERT_TAIL(&pools->standings, standing, entry);
	return standing;
}

/* Report a change of the level of the pool in @nlh. */
static int take(const struct nlmsghdr *nlh, void *data)
{
	struct standing now = { .level = POOL_FINE };
	struct pool_alarm *pools = data;
	struct standing *standing;
	enum pool_level was;
	bool refused;

	if (!kmod_pool_read(nlh, &now.pool))
		return 0;
	standing = standing_of(pools, &now);
	if (!standing)
		return -ENOMEM;
	was = standing->level;
	refused = now.pool.failures > standing->pool.failures;
	standing->pool = now.pool;
	standing->look = pools->looks;
	if (refused) {
		pools->last = now.pool;
		pools->last_at = seconds();
	}
	standing->level = pool_alarm_level(was, open_in(&now.pool),
					   now.pool.capacity, refused);
	if (standing->level != was)
		note_change(pools, &now.pool, was, standing->level);
	return 0;
}

/* Forget some pools that are gone.  Return: whether there may be more */
static bool forget(struct pool_alarm *pools)
{
	for (int i = 0; i < FORGET_PART; i++) {
		struct standing *standing = TAILQ_FIRST(&pools->standings);

		if (!standing || standing->look == pools->looks)
			return false;
		standing->pool.in_use = 0;
		if (standing->level != POOL_FINE)
			note_change(pools, &standing->pool, standing->level,
				    POOL_FINE);
		TAILQ_REMOVE(&pools->standings, standing, entry);
		tdelete(standing, &pools->tree, order);
		free(standing);
	}
	return true;
}

/* A client begins to monitor: report the nearly full pools again, to it. */
static void welcome(struct pool_alarm *pools)
{
	struct standing *standing;

	TAILQ_FOREACH(standing, &pools->standings, entry)
		if (standing->level == POOL_SHORT)
			standing->level = POOL_FINE;
}

/* Return: whether any pool has refused a connection since the last call */
static bool refused(struct pool_alarm *pools)
{
	json_int_t before = pools->refused;
	json_t *stats;

	if (kmod_stats(pools->dnatd->kmod, &stats, NULL))
		return false;
	pools->refused = json_integer_value(json_object_get(stats,
							    "exhausted"));
	json_decref(stats);
	return pools->refused != before;
}

/* Is a look at all pools needed?  It costs more than reading the totals. */
static bool wanted(struct pool_alarm *pools)
{
	bool followed = events_followed(pools->dnatd->events);

	if (pools->dnatd->in_force != ALLOC_MODULE)
		return false;
	if (followed && !pools->followed)
		welcome(pools);
	pools->followed = followed;
	return refused(pools) || followed || !pools->looked ||
	       pool_alarm_refusing(pools);
}

/* Do the next step of a look. */
static int look(struct task *task, struct text *rows, struct err *err)
{
	struct pool_alarm *pools = (struct pool_alarm *)task;
	int rc;

	(void)rows;
	if (pools->listed) {
		pools->listed = forget(pools);
		return pools->listed ? TASK_MORE : TASK_DONE;
	}
	if (!pools->nl.sock) {
		if (!wanted(pools))
			return TASK_DONE;
		pools->looks++;
	}
	rc = kmod_pools_more(pools->dnatd->kmod, &pools->nl, take, pools, err);
	if (rc != TASK_DONE)
		return rc;
	pools->listed = true;
	pools->looked = true;
	return TASK_MORE;
}

static void due(evutil_socket_t fd, short what, void *data)
{
	struct pool_alarm *pools = data;

	(void)fd;
	(void)what;
	loop_does("the pools");
	loop_timer(pools->timer, loop_run(&pools->look, NULL, NULL) ==
				 TASK_MORE ? 0 : LOOK_MS);
}

struct pool_alarm *pool_alarm_new(struct dnatd *dnatd, struct err *err)
{
	struct pool_alarm *pools = task_new(sizeof(*pools), look, NULL);

	if (pools) {
		TAILQ_INIT(&pools->standings);
		pools->dnatd = dnatd;
		pools->timer = evtimer_new(dnatd->base, due, pools);
	}
	if (!pools || !pools->timer || loop_timer(pools->timer, 0)) {
		err_set(err, -ENOMEM, NULL, "pools are not looked at: out of memory");
		pool_alarm_free(pools);
		return NULL;
	}
	return pools;
}

void pool_alarm_free(struct pool_alarm *pools)
{
	if (!pools)
		return;
	if (pools->timer)
		event_free(pools->timer);
	nl_close(&pools->nl);
	tdestroy(pools->tree, free);
	free(pools);
}

size_t pool_alarm_refusing(const struct pool_alarm *pools)
{
	return pools ? pools->refusing : 0;
}

bool pool_alarm_last(const struct pool_alarm *pools, char *text, size_t len)
{
	char which[POOL_TEXT];
	time_t ago;

	if (!pools || !pools->last_at)
		return false;
	ago = seconds() - pools->last_at;
	if (ago > POOL_LATELY_S)
		return false;
	pool_text(&pools->last, which, sizeof(which));
	snprintf(text, len, "%s refused connections %lld seconds ago", which,
		 (long long)ago);
	return true;
}

int pool_alarm_to_json(const struct pool_alarm *pools,
		       const struct service *service,
		       const struct backend *backend, json_t *json)
{
	const struct standing key = { .pool = {
		.vip = service->vip,
		.backend = backend->addr,
		.port = backend->port,
		.proto = service->proto,
	} };
	struct standing **found;

	if (!pools || json_object_get(json, "health_fault"))
		return 0;
	found = tfind(&key, &pools->tree, order);
	if (!found || (*found)->level != POOL_EXHAUSTED)
		return 0;
	return json_object_set_new(json, "health_fault",
				   json_string("connections are refused: no free vdport; see vdport show"));
}
