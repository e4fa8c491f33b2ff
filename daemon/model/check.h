/* SPDX-License-Identifier: GPL-2.0-only */
/* How a service's backends are checked, as the admin asked for it. */
#ifndef DNAT_CHECK_H
#define DNAT_CHECK_H

#include <jansson.h>
#include <stdbool.h>

#include "base/args.h"
#include "common/err.h"
#include "model/types.h"

/* What args_check() has to know of a service. */
#define CHECK_ARG_SPECS \
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
