/* SPDX-License-Identifier: GPL-2.0-only */
/* Check the machine's settings that dnatd depends on, and give advice. */
#ifndef DNAT_HOST_H
#define DNAT_HOST_H

#include <jansson.h>

#include "api/host_part.h"

/**
 * host_step - run one of the checks
 * @step: 0 first, then the next number
 *
 * A step is short, so that the checks do not block the event loop.
 *
 * Return: false if there is no such step: all checks have run
 */
bool host_step(struct checks *checks, size_t step);

/*
 * Run all checks, and add the results to @checks->list.
 * Return: that array, the caller's to free; NULL when out of memory
 */
json_t *host_all(struct checks *checks);

/**
 * host_capacity - the number of connections that the vdports suffice for
 * @model: services that share VIP, protocol and backend count once, because
 *	they share the vdports
 * @ports: number of vdports towards one backend
 *
 * Return: the number; 0 when out of memory
 */
unsigned long long host_capacity(const struct model *model, unsigned int ports);

#endif
