/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Warnings about settings that have no effect, such as weights with the
 * scheduler rr.  They are not errors: a later command may add what is missing.
 */
#ifndef DNAT_WARNINGS_H
#define DNAT_WARNINGS_H

#include <jansson.h>

#include "model/types.h"

/**
 * warnings_of_change - warnings about a request that was carried out
 * @model: the model after the request
 * @op: the operation; only "service.add", "service.set", "backend.add" and
 *	"backend.set" can have warnings
 * @args: its arguments; there are only warnings about these
 *
 * Return: an array of strings, NULL if there are none
 */
json_t *warnings_of_change(const struct model *model, const char *op,
			   const json_t *args);

/**
 * warnings_of_config - warnings about a whole configuration
 * @model: the model that model_read() made from @config
 * @config: the configuration
 *
 * Return: an array of at most NOTES_MAX objects {arg msg}, in the form of the
 *	errors of config.apply; NULL if there are none
 */
json_t *warnings_of_config(const struct model *model, const json_t *config);

#define NOTES_MAX 1000

#endif
