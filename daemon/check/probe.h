/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One check of one backend, which ends with a verdict.  checker.h decides when
 * to check, and health.h what follows from the verdict.
 */
#ifndef DNAT_PROBE_H
#define DNAT_PROBE_H

#include <event2/event.h>
#include <openssl/ssl.h>
#include <sys/queue.h>

#include "check/spawn.h"
#include "common/addr.h"
#include "model/check.h"

/* Shared by all checks. */
struct probes {
	struct event_base *base;
	SSL_CTX *tls;
	const struct spawn_user *user;	/* the user of programs */
	struct event *child;	/* SIGCHLD */
	LIST_HEAD(programs, probe_exec) running;	/* all programs */
};

/* What to check; must outlive the probe. */
struct target {
	const char *service;
	const struct check *check;
	const struct response_body *body;	/* NULL: any body is good */
	struct addr addr;
	uint16_t port;			/* host byte order */
	struct addr source;		/* family 0: the kernel chooses */
};

enum outcome {
	OUTCOME_GOOD,
	OUTCOME_BAD,
	OUTCOME_LATE,		/* bad: no answer within the timeout */
	OUTCOME_NONE,		/* unknown: dnatd could not make the check */
};

/**
 * typedef probe_fn - handle the outcome; the probe has been freed
 * @fault: what is wrong, for people; NULL with OUTCOME_GOOD
 * @data: from probe_start()
 */
typedef void probe_fn(enum outcome outcome, const char *fault, void *data);

/* The first member of each kind of probe. */
struct probe {
	void (*free)(struct probe *probe);
	struct event *timer;
	probe_fn *fn;
	void *data;
	unsigned int timeout;	/* milliseconds */
	int64_t due;		/* end of the timeout, ms of CLOCK_MONOTONIC */
	const char *late;	/* message on timeout; NULL: "no answer" */
};

/**
 * probes_init - prepare for checks
 * @user: the user of programs; must outlive @probes
 *
 * Return: 0 or -ENOMEM
 */
int probes_init(struct probes *probes, struct event_base *base,
		const struct spawn_user *user);
void probes_clean(struct probes *probes);

/**
 * probe_start - begin a check
 * @fn: called once from the event loop, unless probe_cancel() is called before
 * @outcome: result on failure
 * @fault: result on failure, FAULT_LEN bytes: the reason
 *
 * Return: the probe; NULL on failure with @outcome and @fault set, @fn is not
 *	called
 */
struct probe *probe_start(struct probes *probes, const struct target *target,
			  probe_fn *fn, void *data, enum outcome *outcome,
			  char *fault);

void probe_cancel(struct probe *probe);

/*
 * For the kinds of probe: end with a verdict.  @fault NULL: good.  Frees
 * @probe.
 */
void probe_end(struct probe *probe, const char *fault);

/* The same if a system call failed with @error, a positive errno. */
void probe_failed(struct probe *probe, int error, const char *fault);

/* Start the kinds of probe.  Return: NULL with @fault and errno set */
struct probe *probe_stream(struct probes *probes, const struct target *target,
			   char *fault);
struct probe *probe_dns(struct probes *probes, const struct target *target,
			char *fault);
struct probe *probe_exec(struct probes *probes, const struct target *target,
			 char *fault);

/* Handle SIGCHLD: wait for the programs that have ended. */
void probe_exec_ended(struct probes *probes);

/* Free all entries of programs, even of those that still run. */
void probe_exec_forget(struct probes *probes);

/* Fill @to with address and port for connect().  Return: its length */
socklen_t target_sockaddr(const struct target *target,
			  struct sockaddr_storage *to);

/**
 * target_socket - open a socket for a check, bound to the target's source
 * @type: SOCK_STREAM or SOCK_DGRAM
 *
 * If the machine does not have the source address, answers would not come back,
 * so the socket is not bound.
 *
 * Return: the nonblocking socket, or -1 with errno set
 */
int target_socket(const struct target *target, int type);

#endif
