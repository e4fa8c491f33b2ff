/* SPDX-License-Identifier: GPL-2.0-only */
/* The whole configuration at once: shown, and put in place of what is in force. */
#ifndef DNAT_APPLY_H
#define DNAT_APPLY_H

#include <jansson.h>

#include "dnatd.h"
#include "err.h"

/* So many errors are told to a client. */
#define APPLY_ERRORS_MAX 1000

/**
 * apply_config - make what is in force equal to a configuration, or change nothing
 * @config: the state file's content, without a serial
 * @from: the file that it is from, for the log, or NULL
 * @diff: if not NULL, nothing is changed, and this gets what would be: config.apply's
 *	result in control.h
 * @notes: gets what notes_config() has to say where there is no error, NULL
 *	where that is nothing
 * @fn: called for each thing that is wrong with @config itself
 * @data: for @fn
 *
 * Services that are as @config has them are left alone.  Others keep what is
 * known of the backends that stay.
 *
 * Return: 0 or a negative errno with @err set
 */
int apply_config(struct dnatd *dnatd, const json_t *config, const char *from,
		 json_t **diff, json_t **notes, model_error_fn *fn, void *data, struct err *err);

/* config.apply; where it fails, *result may be the list of all errors. */
int apply_request(struct dnatd *dnatd, const json_t *args, json_t **result,
		  struct err *err);

#endif
