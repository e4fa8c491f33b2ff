/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may have dnatd run a program (check exec).  What root has set, others
 * may leave as it is, but not move to another service.
 */
#ifndef DNAT_PROGRAMS_H
#define DNAT_PROGRAMS_H

#include <jansson.h>

#include "common/err.h"
#include "control/access.h"
#include "model/types.h"

/**
 * programs_check - may @peer ask for the programs in a request?
 * @model: as it is
 * @op: of the request
 * @args: its arguments, not checked yet
 *
 * Return: 0 or -EPERM with @err set
 */
int programs_check(const struct model *model, const char *op,
		   const json_t *args, const struct peer *peer,
		   struct err *err);

#endif
