// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "health.h"
#include "kmod_stats.h"
#include "unanswered.h"

/* Scans and clients that give up are no reason to speak of it. */
#define MANY 10

bool unanswered_more(struct unanswered *unanswered, const struct dnatd *dnatd,
		     const struct service *only)
{
	struct counters *counters = &unanswered->counters;
	struct err err;
	int rc, done;

	switch (unanswered->step) {
	case UNANSWERED_ASK:
		rc = dnatd->in_force != ALLOC_MODULE ||
		     kmod_counters_ask(dnatd->kmod, only, &unanswered->nl,
				       &err);
		unanswered->step = rc ? UNANSWERED_UNKNOWN : UNANSWERED_TAKE;
		break;
	case UNANSWERED_TAKE:
		rc = nl_receive(&unanswered->nl, kmod_parse_counter, counters,
				&done);
		if (rc)
			unanswered->step = UNANSWERED_UNKNOWN;
		else if (done)
			unanswered->step = UNANSWERED_SORT;
		break;
	case UNANSWERED_SORT:
		rc = counters_sort_part(counters);
		if (rc <= 0)
			unanswered->step = rc ? UNANSWERED_UNKNOWN :
						UNANSWERED_KNOWN;
		break;
	case UNANSWERED_KNOWN:
	case UNANSWERED_UNKNOWN:
		break;
	}
	return unanswered->step < UNANSWERED_KNOWN;
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

	if (unanswered->step != UNANSWERED_KNOWN)
		return json_null();
	counter = counters_of_backend(&unanswered->counters, service, backend);
	return json_integer(counter ? (json_int_t)
			    counter->values[COUNT_UNANSWERED] : 0);
}

/* Has it ended most of its connections without an answer, and passes its checks? */
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

/* How many of @service's are so; @advice has the first one of all. */
static unsigned int count_silent(const struct dnatd *dnatd,
				 const struct service *service,
				 const struct counters *counters,
				 char *advice, size_t len)
{
	char addr[INET6_ADDRSTRLEN], vip[INET6_ADDRSTRLEN];
	unsigned int n = 0;

	for (size_t i = 0; i < service->n_backends; i++) {
		const struct backend *backend = &service->backends[i];
		const struct counter *counter =
			counters_of_backend(counters, service, backend);

		if (!is_silent(dnatd, service, backend, counter) || n++ ||
		    advice[0])
			continue;
		snprintf(advice, len,
			 "service %s: backend %s port %u passes its checks, but %llu of its connections ended without any answer: has it a route to %s by way of this machine, and does its firewall let that in? service set %s check-source vip checks the same path",
			 service->name,
			 addr_text(&backend->addr, addr, sizeof(addr)),
			 backend->port, (unsigned long long)
			 counter->values[COUNT_UNANSWERED],
			 addr_text(&service->vip, vip, sizeof(vip)),
			 service->name);
	}
	return n;
}

json_t *unanswered_check(const struct dnatd *dnatd)
{
	const struct model *model = dnatd->model;
	struct unanswered all = { 0 };
	char advice[512] = "";
	unsigned int n = 0;

	while (unanswered_more(&all, dnatd, NULL))
		;
	for (size_t i = 0;
	     all.step == UNANSWERED_KNOWN && i < model->n_services; i++)
		n += count_silent(dnatd, model->services[i], &all.counters,
				  advice, sizeof(advice));
	unanswered_clean(&all);
	return json_pack("{s:s, s:i, s:b, s:s?}", "name",
			 "backends_unanswering", "value", (int)n, "ok", !n,
			 "advice", n ? advice : NULL);
}
