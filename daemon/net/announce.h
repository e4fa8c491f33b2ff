/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Announce the VIPs on interfaces to the neighbours.
 *
 * Neighbours that know a VIP keep the hardware address of the machine that had
 * it before, until their entry ages out.  So each VIP on an interface is
 * announced when dnatd starts, when the address is added, and when its link
 * comes up or changes its hardware address: for IPv4 by gratuitous ARP requests
 * (RFC 5227, 3), for IPv6 by unsolicited neighbour advertisements (RFC 4861,
 * 7.2.6).
 */
#ifndef DNAT_ANNOUNCE_H
#define DNAT_ANNOUNCE_H

#include <event2/event.h>

#include "base/worker.h"
#include "model/types.h"

struct announce;

/**
 * announce_new - announce the VIPs of @model, now and when they are added
 * @base: event loop that sends the announcements
 * @worker: lists the kernel's addresses; must be freed before the result
 * @model: its services have the VIPs; must outlive the result
 *
 * Loopback, tunnels and other links without neighbours are skipped.  Without
 * CAP_NET_RAW nothing is announced and a warning is logged.
 *
 * Return: NULL with @err set: no memory, or a socket failed
 */
struct announce *announce_new(struct event_base *base, struct worker *worker,
			      const struct model *model, struct err *err);
void announce_free(struct announce *announce);

#endif
