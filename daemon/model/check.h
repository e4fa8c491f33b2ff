/* SPDX-License-Identifier: GPL-2.0-only */
/* How a service's backends are checked, as the admin asked for it. */
#ifndef DNAT_CHECK_H
#define DNAT_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/args.h"
#include "common/err.h"

#define CHECK_TEXT_LEN 255	/* bytes of each text, without the final NUL */

#define CHECK_STATUSES 8	/* ranges of them */
#define CHECK_STATUS_LEN (CHECK_STATUSES * sizeof("200-399,"))

enum check_type {
	CHECK_NONE,
	CHECK_TCP,
	CHECK_HTTP,
	CHECK_HTTPS,
	CHECK_DNS,
	CHECK_EXEC,
};

struct check {
	enum check_type type;
	unsigned int interval;	/* from one start to the next, milliseconds */
	unsigned int timeout;	/* for one check, milliseconds */
	unsigned int rise;	/* so many good ones make a backend up */
	unsigned int fall;	/* so many bad ones make it down */
	bool from_vip;		/* from the VIP, while the machine has it */
	struct status_range {	/* what an HTTP server may answer */
		uint16_t min;	/* 0: no more of them */
		uint16_t max;
	} statuses[CHECK_STATUSES];
	char path[CHECK_TEXT_LEN + 1];		/* of http and https */
	char host[CHECK_TEXT_LEN + 1];		/* "": the address */
	char body[CHECK_TEXT_LEN + 1];		/* PCRE, "": any */
	char dns_name[CHECK_TEXT_LEN + 1];
	char command[CHECK_TEXT_LEN + 1];	/* words with blanks between */
};

/* What args_check() has to know of a service. */
#define CHECK_ARGS \
	{ "check", ARG_STRING, false }, \
	{ "interval", ARG_STRING, false }, \
	{ "timeout", ARG_STRING, false }, \
	{ "rise", ARG_INTEGER, false }, \
	{ "fall", ARG_INTEGER, false }, \
	{ "check-source", ARG_STRING, false }, \
	{ "http-path", ARG_STRING, false }, \
	{ "http-host", ARG_STRING, false }, \
	{ "http-status", ARG_STRING, false }, \
	{ "http-body", ARG_STRING, false }, \
	{ "dns-name", ARG_STRING, false }, \
	{ "exec-command", ARG_STRING, false }

/* No checks, and what holds for the first ones. */
void check_init(struct check *check);

/**
 * check_set - change what @args tell
 * @check: as it is; on failure for the caller to throw away
 * @args: of service.add, service.set or the state file
 *
 * With another type all that belonged to the old one is forgotten.
 *
 * Return: 0 or -EINVAL with @err set
 */
int check_set(struct check *check, const json_t *args, struct err *err);

bool check_status_fits(const struct check *check, unsigned int status);

/* The statuses as http-status takes them.  Return: @text */
const char *check_status_text(const struct check *check,
			      char text[CHECK_STATUS_LEN]);

/**
 * check_tls_name - the name to send in TLS (RFC 6066, 3)
 * @check: of http-host this is without the port and the final dot
 * @name: result, CHECK_TEXT_LEN + 1 bytes
 *
 * Return: false where none is to be sent, as for an address
 */
bool check_tls_name(const struct check *check, char *name);

/* Add to @service what control.h says of checks.  Return: 0 or -1 */
int check_to_json(const struct check *check, json_t *service);

#endif
