// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "engine/health.h"
#include "engine/unanswered.h"
#include "module/kmod_stats.h"

/* Below this number, scans and clients that give up may be the reason. */
#define MANY 10

#define ROWS_A_PART 512		/* services and backends */

bool unanswered_more(struct unanswered *unanswered, const struct dnatd *dnatd,
		     const struct service *only)
{
	int rc = -ENOENT;

	if (unanswered->state != UNANSWERED_READING)
		return false;
	if (dnatd->in_force == ALLOC_MODULE)
		rc = kmod_counters_more(dnatd->kmod, only, &unanswered->nl,
					&unanswered->counters, NULL);
	if (rc != TASK_MORE)
		unanswered->state = rc ? UNANSWERED_UNKNOWN : UNANSWERED_KNOWN;
	return rc == TASK_MORE;
}

void unanswered_clean(struct unanswered *unanswered)
{
	nl_close(&unanswered->nl);
	counters_clean(&unanswered->counters);
}

json_t *unanswered_of(const struct unanswered *unanswered,
		      const struct service *service,
		      const struct backend *backend)
{
	const struct counter *counter;

	if (unanswered->state != UNANSWERED_KNOWN)
		return json_null();
	counter = counters_of_backend(&unanswered->counters, service, backend);
	return json_integer(counter ? (json_int_t)
			    counter->values[COUNT_UNANSWERED] : 0);
}

/* Does it pass its checks although most of its connections got no answer? */
static bool is_silent(const struct dnatd *dnatd, const struct service *service,
		      const struct backend *backend,
		      const struct counter *counter)
{
	struct health_counts counts;
	uint64_t ended, unanswered;

	if (!counter ||
	    !health_count(dnatd->health, service, backend, &counts) ||
	    counts.down || !counts.passed)
		return false;
	ended = counter->values[COUNT_CONNECTIONS] -
		counter->values[COUNT_IN_USE];
	unanswered = counter->values[COUNT_UNANSWERED];
	return unanswered >= MANY && unanswered > ended / 2;
}

/* Count the silent backends of @service; the advice is about the first. */
static int look_at(const struct service *service, void *data)
{
	struct silence *silence = data;
	char addr[INET6_ADDRSTRLEN], vip[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < service->n_backends; i++) {
		const struct backend *backend = &service->backends[i];
		const struct counter *counter =
			counters_of_backend(&silence->all.counters, service,
					    backend);

		if (!is_silent(silence->dnatd, service, backend, counter) ||
		    silence->n++)
			continue;
		snprintf(silence->advice, sizeof(silence->advice),
			 "service %s: backend %s port %u passes its checks, but %llu of its connections ended without any answer: check that it has a route to %s through this machine and that its firewall accepts the packets; service set %s check-source vip checks the same path",
			 service->name,
			 addr_text(&backend->addr, addr, sizeof(addr)),
			 backend->port, (unsigned long long)
			 counter->values[COUNT_UNANSWERED],
			 addr_text(&service->vip, vip, sizeof(vip)),
			 service->name);
	}
	return 0;
}

static void look_end(struct silence *silence)
{
	json_t *check = NULL;

	if (silence->all.state == UNANSWERED_KNOWN)
		check = json_pack("{s:s, s:i, s:b, s:s?}", "name",
				  "backends_unanswering", "value",
				  (int)silence->n, "ok", !silence->n, "advice",
				  silence->n ? silence->advice : NULL);
	if (check) {
		json_decref(silence->check);
		silence->check = check;
	}
	check = silence->check;
	unanswered_clean(&silence->all);
	*silence = (struct silence){ .check = check };
}

bool silence_step(struct silence *silence, const struct dnatd *dnatd)
{
	silence->dnatd = dnatd;
	if (unanswered_more(&silence->all, dnatd, NULL) ||
	    (silence->all.state == UNANSWERED_KNOWN &&
	     service_walk(&silence->walk, dnatd->model, ROWS_A_PART, look_at,
			  silence) == TASK_MORE))
		return true;
	look_end(silence);
	return false;
}

void silence_clean(struct silence *silence)
{
	unanswered_clean(&silence->all);
	json_decref(silence->check);
}
