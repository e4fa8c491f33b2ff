/* SPDX-License-Identifier: GPL-2.0-only */
/* Look up the default route. */
#ifndef DNAT_ROUTE_H
#define DNAT_ROUTE_H

#include <net/if.h>
#include <stdbool.h>

/**
 * route6_default - look up the default route of IPv6
 * @dev: result, its interface
 * @ra: result, the route is from a router advertisement
 *
 * Return: false if there is no default route
 */
bool route6_default(char dev[IFNAMSIZ], bool *ra);

#endif
