/* SPDX-License-Identifier: GPL-2.0-only */
/* What the system around the daemon must be like, and the advice where it is not. */
#ifndef DNAT_CHECKS_H
#define DNAT_CHECKS_H

#include <jansson.h>

#include "model.h"

/**
 * checks_to_json - look at the system
 * @model: what it has to be fit for
 * @ports: vdports towards one backend
 * @proc: where procfs is mounted
 *
 * Return: the array of control.h's status, NULL where memory is short
 */
json_t *checks_to_json(const struct model *model, unsigned int ports,
		       const char *proc);

/**
 * checks_capacity - how many connections the backends can have at once
 * @model: services that share a VIP, protocol and backend share its ports
 * @ports: vdports towards one backend
 *
 * Return: the connections; 0 where memory is short
 */
unsigned long long checks_capacity(const struct model *model,
				   unsigned int ports);

#endif
