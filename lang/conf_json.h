/* SPDX-License-Identifier: GPL-2.0-only */
/* Where things stand in a configuration that is JSON; for conf.c. */
#ifndef DNAT_CONF_JSON_H
#define DNAT_CONF_JSON_H

#include <stddef.h>

#include "lang/conf.h"

/**
 * conf_json_places - find out where services and backends are
 * @conf: with its text, which jansson has accepted
 *
 * Return: 0 or -ENOMEM
 */
int conf_json_places(struct conf *conf);

/* The line of member @name of what is at @at; where it has none, its own line. */
unsigned int conf_json_member(const struct conf *conf, struct conf_at at,
			      const char *name);

/* One more, in conf.c.  Return: NULL, or -ENOMEM, where memory is short */
struct conf_place *conf_add_service(struct conf *conf, struct conf_at at);
int conf_add_backend(struct conf_place *place, struct conf_at at);

#endif
