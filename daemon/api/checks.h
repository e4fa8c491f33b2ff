/* SPDX-License-Identifier: GPL-2.0-only */
/* What the system around the daemon must be like, and the advice where it is not. */
#ifndef DNAT_CHECKS_H
#define DNAT_CHECKS_H

#include <jansson.h>

#include "api/checks_part.h"

/**
 * checks_step - make one part of the look
 * @step: 0 first, then the next number
 *
 * No part takes long, so that a look need not hold up the event loop.
 *
 * Return: false where there is no such part: the look is complete
 */
bool checks_step(struct checks *checks, size_t step);

/* All parts at once. @checks->list: an empty one. Return: it, the caller's */
json_t *checks_all(struct checks *checks);

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
