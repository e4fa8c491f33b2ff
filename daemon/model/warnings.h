/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was asked for and counts for nothing as things are: no error, for the
 * rest may be about to come, but the admin should know.
 */
#ifndef DNAT_WARNINGS_H
#define DNAT_WARNINGS_H

#include <jansson.h>

#include "model/types.h"

/**
 * warnings_of_change - of a request that was carried out
 * @model: after it
 * @op: "service.add", "service.set", "backend.add" or "backend.set"; of others
 *	there is nothing to say
 * @args: its arguments; nothing is said of what they do not touch
 *
 * Return: an array of strings, NULL where there is nothing to say
 */
json_t *warnings_of_change(const struct model *model, const char *op,
			   const json_t *args);

/**
 * warnings_of_config - of a whole configuration
 * @model: what model_read() has made of it
 * @config: it
 *
 * Return: an array of {arg msg}, as the errors of config.apply have them, of
 *	NOTES_MAX at most; NULL where there is nothing to say
 */
json_t *warnings_of_config(const struct model *model, const json_t *config);

#define NOTES_MAX 1000

#endif
