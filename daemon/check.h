/* SPDX-License-Identifier: GPL-2.0-only */
/* How a service's backends are checked, as the admin asked for it. */
#ifndef DNAT_CHECK_H
#define DNAT_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "args.h"
#include "err.h"

#define CHECK_TEXT_LEN 255	/* bytes of each text, without the final NUL */

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
	uint16_t status_min;	/* what an HTTP server may answer */
	uint16_t status_max;
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

/* Add to @service what control.h says of checks.  Return: 0 or -1 */
int check_to_json(const struct check *check, json_t *service);

#endif
