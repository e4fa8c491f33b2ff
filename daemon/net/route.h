/* SPDX-License-Identifier: GPL-2.0-only */
/* Routes: which one is the default. */
#ifndef DNAT_ROUTE_H
#define DNAT_ROUTE_H

#include <net/if.h>
#include <stdbool.h>

/**
 * route6_default - where IPv6 packets for far networks go
 * @dev: result, the interface
 * @ra: result, whether a router advertisement says so
 *
 * Return: false where there is no such route
 */
bool route6_default(char dev[IFNAMSIZ], bool *ra);

#endif
