/* SPDX-License-Identifier: GPL-2.0-only */
/* What the system around the daemon must be like, and the advice where it is not. */
#ifndef DNAT_HOST_H
#define DNAT_HOST_H

#include <jansson.h>

#include "api/host_part.h"

/**
 * host_step - make one part of the look
 * @step: 0 first, then the next number
 *
 * No part takes long, so that a look need not hold up the event loop.
 *
 * Return: false where there is no such part: the look is complete
 */
bool host_step(struct checks *checks, size_t step);

/* All parts at once. @checks->list: an empty one. Return: it, the caller's */
json_t *host_all(struct checks *checks);

/**
 * host_capacity - how many connections the backends can have at once
 * @model: services that share a VIP, protocol and backend share its ports
 * @ports: vdports towards one backend
 *
 * Return: the connections; 0 where memory is short
 */
unsigned long long host_capacity(const struct model *model, unsigned int ports);

#endif
