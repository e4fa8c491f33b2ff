/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VIPs on interfaces, announced to the neighbours.
 *
 * Neighbours that have sent to a VIP before keep the hardware address of the
 * machine that had it, until their entry ages out.  So each VIP on an interface
 * is announced when dnatd starts, when the address comes there, and when its
 * link comes up or has another hardware address: for IPv4 by gratuitous ARP
 * requests (RFC 5227, 3), for IPv6 by unsolicited neighbour advertisements
 * (RFC 4861, 7.2.6).
 */
#ifndef DNAT_ANNOUNCE_H
#define DNAT_ANNOUNCE_H

#include <event2/event.h>

#include "base/worker.h"
#include "model/types.h"

struct announce;

/**
 * announce_new - announce the VIPs of @model, now and whenever they come
 * @base: event loop that sends
 * @worker: asks the kernel where VIPs are; freed first
 * @model: whose services have the VIPs
 *
 * Loopback, tunnels and other links without neighbours are left out.  Without
 * CAP_NET_RAW nothing is announced, which is logged.
 *
 * Return: NULL with @err set where memory or descriptors are short
 */
struct announce *announce_new(struct event_base *base, struct worker *worker,
			      const struct model *model, struct err *err);
void announce_free(struct announce *announce);

#endif
