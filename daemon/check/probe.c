// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/loop.h"
#include "check/probe.h"
#include "common/duration.h"

/* A timer that is later than this shows that dnatd was busy. */
#define HELD_UP_MS 200

static void child_ended(evutil_socket_t sig, short what, void *probes)
{
	(void)sig;
	(void)what;
	loop_does("a check");
	probe_exec_ended(probes);
}

int probes_init(struct probes *probes, struct event_base *base,
		const struct spawn_user *user)
{
	*probes = (struct probes){ .base = base, .user = user };
	probes->child = evsignal_new(base, SIGCHLD, child_ended, probes);
	/* Certificates are not verified. */
	probes->tls = SSL_CTX_new(TLS_client_method());
	if (probes->child && probes->tls && !event_add(probes->child, NULL))
		return 0;
	probes_clean(probes);
	return -ENOMEM;
}

void probes_clean(struct probes *probes)
{
	if (probes->child)
		event_free(probes->child);
	probe_exec_forget(probes);
	SSL_CTX_free(probes->tls);
	probes->child = NULL;
	probes->tls = NULL;
}

/*
 * Whether @error is a lack of resources on this machine and so says nothing
 * about the backend.  ECANCELED: a program was not run.
 */
static bool is_shortage(int error)
{
	switch (error) {
	case EADDRNOTAVAIL:
	case EAGAIN:
	case ECANCELED:
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return true;
	}
	return false;
}

static void end(struct probe *probe, enum outcome outcome, const char *fault)
{
	probe_fn *fn = probe->fn;
	void *data = probe->data;

	probe_cancel(probe);
	fn(outcome, fault, data);
}

/*
 * The timer ran @ms ms after the timeout.  Return: whether that is so late that
 * an answer may have arrived in time and is still unread
 */
static bool held_up(const struct probe *probe, int64_t ms)
{
	unsigned int limit = probe->timeout / 2;

	if (limit < LOOP_SLOW_MS)
		limit = LOOP_SLOW_MS;
	return ms > (limit < HELD_UP_MS ? limit : HELD_UP_MS);
}

static void timed_out(evutil_socket_t fd, short what, void *data)
{
	struct probe *probe = data;
	char after[DURATION_TEXT_LEN], fault[FAULT_LEN];
	int64_t ms = clock_ms(CLOCK_MONOTONIC) - probe->due;

	(void)fd;
	(void)what;
	loop_does("a check");
	if (held_up(probe, ms)) {
		snprintf(fault, sizeof(fault),
			 "dnatd itself was stopped or busy until %" PRId64 " ms after the timeout",
			 ms);
		end(probe, OUTCOME_NONE, fault);
		return;
	}
	duration_text(probe->timeout, after, sizeof(after));
	snprintf(fault, sizeof(fault), "%s within %s",
		 probe->late ? probe->late : "no answer", after);
	end(probe, OUTCOME_LATE, fault);
}

struct probe *probe_start(struct probes *probes, const struct target *target,
			  probe_fn *fn, void *data, enum outcome *outcome,
			  char *fault)
{
	unsigned int timeout = target->check->timeout;
	struct probe *probe = NULL;

	loop_does("a check");
	switch (target->check->type) {
	case CHECK_TCP:
	case CHECK_HTTP:
	case CHECK_HTTPS:
		probe = probe_stream(probes, target, fault);
		break;
	case CHECK_DNS:
		probe = probe_dns(probes, target, fault);
		break;
	case CHECK_EXEC:
		probe = probe_exec(probes, target, fault);
		break;
	case CHECK_NONE:
		break;
	}
	if (!probe) {
		*outcome = is_shortage(errno) ? OUTCOME_NONE : OUTCOME_BAD;
		return NULL;
	}
	probe->fn = fn;
	probe->data = data;
	probe->timeout = timeout;
	probe->due = clock_ms(CLOCK_MONOTONIC) + timeout;
	probe->timer = evtimer_new(probes->base, timed_out, probe);
	if (probe->timer && !loop_timer(probe->timer, timeout))
		return probe;
	*outcome = OUTCOME_NONE;
	snprintf(fault, FAULT_LEN, "dnatd is out of memory");
	probe_cancel(probe);
	return NULL;
}

void probe_cancel(struct probe *probe)
{
	if (probe->timer)
		event_free(probe->timer);
	probe->free(probe);
}

void probe_end(struct probe *probe, const char *fault)
{
	end(probe, fault ? OUTCOME_BAD : OUTCOME_GOOD, fault);
}

void probe_failed(struct probe *probe, int error, const char *fault)
{
	end(probe, is_shortage(error) ? OUTCOME_NONE : OUTCOME_BAD, fault);
}

socklen_t target_sockaddr(const struct target *target,
			  struct sockaddr_storage *to)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *v4 = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*to));
	to->ss_family = target->addr.family;
	if (target->addr.family == AF_INET) {
		v4->sin_addr = target->addr.v4;
		v4->sin_port = htons(target->port);
		return sizeof(*v4);
	}
	v6->sin6_addr = target->addr.v6;
	v6->sin6_port = htons(target->port);
	return sizeof(*v6);
}
