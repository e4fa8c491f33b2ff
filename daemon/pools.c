// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "dnatd.h"
#include "events.h"
#include "kmod_pool.h"
#include "loop.h"
#include "pools.h"

#define SECONDS 1

/* A pool that came or went meanwhile: the list is asked for again. */
#define TRIES 10

/* What is remembered of a pool from one look to the next. */
struct standing {
	struct kmod_pool pool;
	enum pool_level level;
};

struct standings {
	size_t n, room;
	struct standing *list;	/* sorted when the list is whole */
};

struct pools {
	struct dnatd *dnatd;
	struct event *timer;
	struct nl nl;			/* its sock NULL between two looks */
	struct standings before;
	struct standings now;
	unsigned int tries;
	bool looked;			/* @before is of a look */
};

enum pool_level pool_judge(enum pool_level was, uint64_t open,
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

static void tell(const struct pools *pools, const struct kmod_pool *pool,
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

static int take(const struct nlmsghdr *nlh, void *data)
{
	struct standings *now = data;
	struct standing *more;
	size_t room;

	if (now->n == now->room) {
		room = now->room ? 2 * now->room : 64;
		more = realloc(now->list, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		now->list = more;
		now->room = room;
	}
	if (!kmod_pool_read(nlh, &now->list[now->n].pool))
		return 0;
	now->list[now->n++].level = POOL_FINE;
	return 0;
}

/*
 * Both lists are sorted.  A pool that is gone has no connection any more; one
 * that is new has refused all that it counts, but for the first look, which
 * cannot tell when that was.
 */
static void compare(struct pools *pools)
{
	struct standing *was = pools->before.list;
	const struct standing *end = was + pools->before.n;

	for (size_t i = 0; i < pools->now.n || was < end;) {
		struct standing *now = pools->now.list + i;
		int rel = was == end ? -1 : i == pools->now.n ? 1 :
			  order(now, was);
		enum pool_level level = POOL_FINE;
		uint64_t refused = 0;

		if (rel > 0) {
			if (was->level != POOL_FINE) {
				was->pool.in_use = 0;
				tell(pools, &was->pool, POOL_FINE);
			}
			was++;
			continue;
		}
		if (!rel) {
			level = was->level;
			refused = was->pool.failures;
			was++;
		} else if (!pools->looked) {
			refused = now->pool.failures;
		}
		now->level = pool_judge(level, open_in(&now->pool),
					now->pool.capacity,
					now->pool.failures > refused);
		if (now->level != level)
			tell(pools, &now->pool, now->level);
		i++;
	}
}

static void looked(struct pools *pools)
{
	struct standings before = pools->before;

	if (pools->now.n)
		qsort(pools->now.list, pools->now.n, sizeof(*pools->now.list),
		      order);
	compare(pools);
	pools->before = pools->now;
	pools->now = before;
	pools->looked = true;
}

/*
 * Nobody is told: a look would be for nothing.  Who comes next is told of what
 * runs short by then, and not of what was refused before.
 */
static void forget(struct pools *pools)
{
	pools->before.n = 0;
	pools->looked = false;
}

/*
 * One datagram a turn of the loop: the kernel makes the next when this one is
 * taken, and clients have their turn between two.
 *
 * Return: whether there is more to come at once
 */
static bool look(struct pools *pools)
{
	int done, rc;

	if (!pools->nl.sock) {
		pools->now.n = 0;
		if (!events_followed(pools->dnatd->events)) {
			forget(pools);
			return false;
		}
		return pools->dnatd->in_force == ALLOC_MODULE &&
		       !kmod_pools_ask(pools->dnatd->kmod, &pools->nl, NULL);
	}
	rc = nl_receive(&pools->nl, take, &pools->now, &done);
	if (!rc && !done)
		return true;
	nl_close(&pools->nl);
	pools->nl.sock = NULL;
	if (rc == -EINTR && ++pools->tries < TRIES)
		return true;
	pools->tries = 0;
	if (!rc)
		looked(pools);
	return false;
}

static void due(evutil_socket_t fd, short what, void *data)
{
	static const struct timeval at_once, later = { .tv_sec = SECONDS };
	struct pools *pools = data;

	(void)fd;
	(void)what;
	loop_does("the pools");
	event_add(pools->timer, look(pools) ? &at_once : &later);
}

struct pools *pools_new(struct dnatd *dnatd, struct err *err)
{
	static const struct timeval at_once;
	struct pools *pools = calloc(1, sizeof(*pools));

	if (pools) {
		pools->dnatd = dnatd;
		pools->timer = evtimer_new(dnatd->base, due, pools);
	}
	if (!pools || !pools->timer || event_add(pools->timer, &at_once)) {
		err_set(err, -ENOMEM, NULL, "pools are not looked at: out of memory");
		pools_free(pools);
		return NULL;
	}
	return pools;
}

void pools_free(struct pools *pools)
{
	if (!pools)
		return;
	if (pools->timer)
		event_free(pools->timer);
	if (pools->nl.sock)
		nl_close(&pools->nl);
	free(pools->before.list);
	free(pools->now.list);
	free(pools);
}
