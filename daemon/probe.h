/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One check of one backend: begun, and some time later there is a verdict.
 * When to check, and what follows from it, is health.h's.
 */
#ifndef DNAT_PROBE_H
#define DNAT_PROBE_H

#include <event2/event.h>
#include <openssl/ssl.h>

#include "addr.h"
#include "check.h"

#define FAULT_LEN 128

/* What all checks of one dnatd share. */
struct probes {
	struct event_base *base;
	SSL_CTX *tls;
	struct event *child;	/* programs that have ended */
	struct probe_exec *running;
};

/* What is checked; has to outlast the probe. */
struct target {
	const char *service;
	const struct check *check;
	const struct reply_body *body;	/* NULL: any will do */
	struct addr addr;
	uint16_t port;			/* host byte order */
};

/**
 * typedef probe_fn - take a verdict; the probe is gone then
 * @fault: what is wrong, in some words; NULL: all is well
 * @data: as given to probe_start()
 */
typedef void probe_fn(const char *fault, void *data);

/* Each kind of probe begins with it. */
struct probe {
	void (*free)(struct probe *probe);
	struct event *timer;
	probe_fn *fn;
	void *data;
	unsigned int timeout;	/* milliseconds */
	const char *late;	/* what there is not by then; NULL: an answer */
};

/**
 * probes_init - what the checks need
 *
 * Return: 0 or -ENOMEM
 */
int probes_init(struct probes *probes, struct event_base *base);
void probes_clean(struct probes *probes);

/**
 * probe_start - begin a check
 * @fn: called once, from the event loop, unless probe_cancel() comes first
 * @fault: FAULT_LEN bytes, why none could be begun
 *
 * Return: NULL with @fault set, and @fn is not called
 */
struct probe *probe_start(struct probes *probes, const struct target *target,
			  probe_fn *fn, void *data, char *fault);

void probe_cancel(struct probe *probe);

/* For the kinds of probe: the verdict.  @probe is gone. */
void probe_end(struct probe *probe, const char *fault);

/* The kinds.  Return: NULL with @fault set */
struct probe *probe_stream(struct probes *probes, const struct target *target,
			   char *fault);
struct probe *probe_dns(struct probes *probes, const struct target *target,
			char *fault);
struct probe *probe_exec(struct probes *probes, const struct target *target,
			 char *fault);

/* SIGCHLD's. */
void probe_exec_ended(struct probes *probes);

/* Address and port for connect(). */
socklen_t target_sockaddr(const struct target *target,
			  struct sockaddr_storage *to);

#endif
