/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which clients may set a program that dnatd runs (check exec).  Only root may.
 * Others may send a request with the program that the service has already, but
 * not use it for another service.
 */
#ifndef DNAT_PROGRAMS_H
#define DNAT_PROGRAMS_H

#include <jansson.h>

#include "common/err.h"
#include "control/access.h"
#include "model/types.h"

/**
 * programs_check - may @peer set the programs in a request?
 * @model: before the request
 * @op: of the request
 * @args: its arguments, not validated yet
 *
 * Return: 0 or -EPERM with @err set
 */
int programs_check(const struct model *model, const char *op,
		   const json_t *args, const struct peer *peer,
		   struct err *err);

#endif
