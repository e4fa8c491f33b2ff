/* SPDX-License-Identifier: GPL-2.0-only */
/* The settings of a service's health checks. */
#ifndef DNAT_CHECK_H
#define DNAT_CHECK_H

#include <jansson.h>
#include <stdbool.h>

#include "base/args.h"
#include "common/err.h"
#include "model/types.h"

/* The check arguments of a service, for args_check(). */
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

/* Set the type none and the defaults of all other settings. */
void check_init(struct check *check);

/**
 * check_set - change the settings that are in @args
 * @check: changed; on failure the caller must discard it
 * @args: arguments of service.add or service.set, or entry of the state file
 *
 * A new type resets the other settings to their defaults.  It keeps interval,
 * timeout, rise, fall and check-source if the new type has them.
 *
 * Return: 0 or -EINVAL with @err set
 */
int check_set(struct check *check, const json_t *args, struct err *err);

/* Whether the HTTP status @status is a good answer. */
bool check_status_fits(const struct check *check, unsigned int status);

/* Write the statuses in the syntax of http-status.  Return: @text */
const char *check_status_text(const struct check *check,
			      char text[CHECK_STATUS_LEN]);

/**
 * check_tls_name - the server name to send in TLS (RFC 6066, 3)
 * @check: the name is its http-host without the port and the final dot
 * @name: result, CHECK_TEXT_LEN + 1 bytes
 *
 * Return: false if no name is sent: http-host is empty or an address
 */
bool check_tls_name(const struct check *check, char *name);

/* Add the members of control.h's HEALTH to @service.  Return: 0 or -1 */
int check_to_json(const struct check *check, json_t *service);

#endif
