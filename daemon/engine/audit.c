// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/args.h"
#include "base/clock.h"
#include "base/events.h"
#include "base/log.h"
#include "control/access.h"
#include "engine/audit.h"
#include "engine/dnatd.h"
#include "lang/conf.h"
#include "model/model.h"
#include "model/service.h"

#define LINE_LEN 900

const char *audit_peer(const struct dnatd *dnatd, char *buf, size_t len)
{
	if (dnatd->peer)
		snprintf(buf, len, "uid %u pid %d", dnatd->peer->uid,
			 (int)dnatd->peer->pid);
	else
		snprintf(buf, len, "dnatd");
	return buf;
}

static void period_over(evutil_socket_t fd, short what, void *data)
{
	struct dnatd *dnatd = data;

	(void)fd;
	(void)what;
	say("%lu more requests changed something in the last %d s, too many to log each; dnatctl monitor shows all",
	    dnatd->audit.missed, AUDIT_PERIOD_MS / 1000);
	dnatd->audit = (struct audit){ .since = clock_now() };
}

/* A script with many changes must not make journald drop other lines. */
static bool may_log(struct dnatd *dnatd)
{
	struct audit *audit = &dnatd->audit;
	uint64_t now = clock_now();
	struct timeval left;
	uint64_t ms;

	if (now - audit->since >= AUDIT_PERIOD_MS && !audit->missed)
		*audit = (struct audit){ .since = now };
	if (audit->lines < AUDIT_LINES) {
		audit->lines++;
		return true;
	}
	if (!audit->missed++) {
		ms = audit->since + AUDIT_PERIOD_MS - now;
		left = (struct timeval){ .tv_sec = (time_t)(ms / 1000),
					 .tv_usec = (suseconds_t)(ms % 1000 * 1000) };
		event_base_once(dnatd->base, -1, EV_TIMEOUT, period_over, dnatd,
				&left);
	}
	return false;
}

void audit_request(struct dnatd *dnatd, const char *op, const json_t *args)
{
	char who[64], line[LINE_LEN];
	struct text text = { 0 };

	if (!may_log(dnatd))
		return;
	if (conf_put_request(&text, op, args) || text_add(&text, "", 1))
		say("change by %s: %s", audit_peer(dnatd, who, sizeof(who)), op);
	else
		say("change by %s: %s", audit_peer(dnatd, who, sizeof(who)),
		    text_quote(text.buf, line, sizeof(line)));
	free(text.buf);
}

void audit_event(struct dnatd *dnatd, const char *op, const json_t *args)
{
	const char *service = args_string(args, "service");

	if (!service)
		service = args_string(args, "name");
	events_emit(dnatd->events, "change",
		    json_pack("{s:s, s:I, s:s?, s:s*}", "op", op, "uid",
			      (json_int_t)dnatd->peer->uid, "service", service,
			      "addr", args_string(args, "addr")));
}

static void add_line(struct summary *sum, const char *line)
{
	if (sum->n < SUMMARY_LINES && (sum->lines[sum->n] = strdup(line)))
		sum->n++;
}

static void add_service(struct summary *sum, const struct service *service)
{
	char vip[INET6_ADDRSTRLEN], line[256];

	sum->removed++;
	snprintf(line, sizeof(line),
		 "removed: service %s vip %s port %u proto %s, %zu backends",
		 service->name, addr_text(&service->vip, vip, sizeof(vip)),
		 service->port, proto_text(service->proto),
		 service->n_backends);
	add_line(sum, line);
}

static void add_backends(struct summary *sum, const struct service *old,
			 const struct service *new)
{
	char addr[INET6_ADDRSTRLEN], line[256];

	for (size_t i = 0; i < old->n_backends; i++) {
		const struct backend *backend = &old->backends[i];

		if (service_find_backend(new, &backend->addr, backend->port) <
		    new->n_backends)
			continue;
		sum->backends++;
		snprintf(line, sizeof(line),
			 "removed: backend %s port %u of service %s",
			 addr_text(&backend->addr, addr, sizeof(addr)),
			 backend->port, old->name);
		add_line(sum, line);
	}
}

/* With another VIP, port or protocol it counts as removed and added. */
void summary_add(struct summary *sum, const struct service *old,
	      const struct service *new)
{
	bool same = old && new && !service_compare(old, new);

	if (same) {
		sum->changed++;
		add_backends(sum, old, new);
		return;
	}
	sum->added += new != NULL;
	if (old)
		add_service(sum, old);
}

void audit_summary(const struct summary *sum, const char *fmt, ...)
{
	char begin[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(begin, sizeof(begin), fmt, ap);
	va_end(ap);
	say("%s: services: %zu added, %zu changed, %zu removed; backends: %zu removed from services that stay",
	    begin, sum->added, sum->changed, sum->removed, sum->backends);
	for (size_t i = 0; i < sum->n; i++)
		say("%s", sum->lines[i]);
	if (sum->removed + sum->backends > sum->n)
		say("and %zu more were removed",
		    sum->removed + sum->backends - sum->n);
}

void summary_clean(struct summary *sum)
{
	for (size_t i = 0; i < sum->n; i++)
		free(sum->lines[i]);
	memset(sum, 0, sizeof(*sum));
}
