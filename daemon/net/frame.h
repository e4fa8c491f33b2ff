/* SPDX-License-Identifier: GPL-2.0-only */
/* The frames that announce an address to the neighbours of a link. */
#ifndef DNAT_FRAME_H
#define DNAT_FRAME_H

#include <net/ethernet.h>

#include "common/addr.h"

/**
 * frame_send - announce that @vip has the hardware address @mac
 * @fd: an AF_PACKET socket of type SOCK_DGRAM
 * @mac: ETH_ALEN bytes, the hardware address of @ifindex
 *
 * Sends a gratuitous ARP request (RFC 5227, 3) or an unsolicited neighbour
 * advertisement (RFC 4861, 7.2.6) to all nodes of the link.  Errors are
 * ignored: any frame may be lost.
 */
void frame_send(int fd, const struct addr *vip, unsigned int ifindex,
		const uint8_t *mac);

#endif
