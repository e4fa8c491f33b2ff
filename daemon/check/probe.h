/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One check of one backend: begun, and some time later there is a verdict.
 * When to check, and what follows from it, is health.h's.
 */
#ifndef DNAT_PROBE_H
#define DNAT_PROBE_H

#include <event2/event.h>
#include <openssl/ssl.h>

#include "check/spawn.h"
#include "common/addr.h"
#include "model/check.h"

/* What all checks of one dnatd share. */
struct probes {
	struct event_base *base;
	SSL_CTX *tls;
	const struct spawn_user *user;	/* who runs programs */
	struct event *child;	/* programs that have ended */
	struct probe_exec *running;
};

/* What is checked; has to outlast the probe. */
struct target {
	const char *service;
	const struct check *check;
	const struct response_body *body;	/* NULL: any will do */
	struct addr addr;
	uint16_t port;			/* host byte order */
	struct addr source;		/* family 0: the machine's own */
};

enum outcome {
	OUTCOME_GOOD,
	OUTCOME_BAD,
	OUTCOME_LATE,		/* bad, too: no answer within the timeout */
	OUTCOME_NONE,		/* dnatd is short of something, of time maybe */
};

/**
 * typedef probe_fn - take the outcome; the probe is gone then
 * @fault: what is wrong, in some words; NULL with OUTCOME_GOOD
 * @data: as given to probe_start()
 */
typedef void probe_fn(enum outcome outcome, const char *fault, void *data);

/* Each kind of probe begins with it. */
struct probe {
	void (*free)(struct probe *probe);
	struct event *timer;
	probe_fn *fn;
	void *data;
	unsigned int timeout;	/* milliseconds */
	int64_t due;		/* when that is over, ms of CLOCK_MONOTONIC */
	const char *late;	/* what there is not by then; NULL: an answer */
};

/**
 * probes_init - what the checks need
 * @user: who runs programs; has to outlast the probes
 *
 * Return: 0 or -ENOMEM
 */
int probes_init(struct probes *probes, struct event_base *base,
		const struct spawn_user *user);
void probes_clean(struct probes *probes);

/**
 * probe_start - begin a check
 * @fn: called once, from the event loop, unless probe_cancel() comes first
 * @outcome: what follows where none could be begun
 * @fault: FAULT_LEN bytes, the reason
 *
 * Return: NULL with @outcome and @fault set, and @fn is not called
 */
struct probe *probe_start(struct probes *probes, const struct target *target,
			  probe_fn *fn, void *data, enum outcome *outcome,
			  char *fault);

void probe_cancel(struct probe *probe);

/* For the kinds of probe: the verdict.  @probe is gone. */
void probe_end(struct probe *probe, const char *fault);

/* The same, of a system call that has failed with @error. */
void probe_failed(struct probe *probe, int error, const char *fault);

/* The kinds.  Return: NULL with @fault and errno set */
struct probe *probe_stream(struct probes *probes, const struct target *target,
			   char *fault);
struct probe *probe_dns(struct probes *probes, const struct target *target,
			char *fault);
struct probe *probe_exec(struct probes *probes, const struct target *target,
			 char *fault);

/* SIGCHLD's. */
void probe_exec_ended(struct probes *probes);

/* Programs that do not die are left to themselves. */
void probe_exec_forget(struct probes *probes);

/* Address and port for connect(). */
socklen_t target_sockaddr(const struct target *target,
			  struct sockaddr_storage *to);

/**
 * target_socket - a socket for a check, bound to the target's source
 * @type: SOCK_STREAM or SOCK_DGRAM
 *
 * While the machine does not have the source, no answer would come here, and
 * the socket is bound to nothing.
 *
 * Return: -1 with errno set
 */
int target_socket(const struct target *target, int type);

#endif
