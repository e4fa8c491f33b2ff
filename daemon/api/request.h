/* SPDX-License-Identifier: GPL-2.0-only */
/* The operations of the control socket, see control.h. */
#ifndef DNAT_REQUEST_H
#define DNAT_REQUEST_H

#include <jansson.h>

#include "common/err.h"
#include "control/control.h"

/* A control_fn; @data is the struct dnatd. */
int request_handle(const char *op, const json_t *args,
		   const struct peer *peer, json_t **result,
		   struct long_answer **parts, struct err *err, void *data);

/* A control_long_fn; @data is the struct dnatd. */
int request_handle_long(char *line, size_t len, const struct peer *peer,
			struct long_answer **parts, struct err *err,
			void *data);

#endif
